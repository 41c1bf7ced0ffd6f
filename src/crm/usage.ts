/** How much of what a CRM allows in 24 hours is used, by everybody who uses its API. */
export interface ApiUsage {
  used: number;
  allowed: number;
  /** When the CRM said so; milliseconds since 1970. */
  at: number;
}
