/**
 * The Salesforce API version every call names. jsforce's own default (50.0) is older than the answers this connector
 * reads; `created` on upserted items needs at least 46.0. Source: facts 1.1, 1.3.
 */
export const API_VERSION = '62.0';
export const DATA_PATH = `/services/data/v${API_VERSION}`;
