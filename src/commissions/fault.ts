/** One fault of a document: where (RFC 6901 JSON pointer, '' is the whole) and what. */
export interface Fault {
  pointer: string;
  message: string;
}
