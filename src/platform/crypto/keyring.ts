import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A value encrypted with AES-256-GCM, as it lies in a row. */
export interface SealedValue {
  keyId: string;
  iv: Buffer;
  ciphertext: Buffer;
  tag: Buffer;
}

export interface EncryptionKey {
  id: string;
  /** 32 bytes, base64. */
  key: string;
}

/** Encrypts what must not lie in the database in clear text: stored CRM credentials. */
export interface Keyring {
  /** The key that new values are sealed with. A row with another key id is due for resealing. */
  readonly currentKeyId: string;
  /**
   * `associatedData` says what the value belongs to (the connection's id). It is not stored: whoever opens the
   * value must know it, so a value copied into another connection's row does not open.
   */
  seal(plaintext: string, associatedData: string): SealedValue;
  /** Throws `SealError` when the key is unknown, or the value or what it belongs to is not what was sealed. */
  open(sealed: SealedValue, associatedData: string): string;
}

/** A value that cannot be opened, or a key that cannot be used. Names the key id, never the key or the value. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

const ALGORITHM = 'aes-256-gcm';
/** NIST SP 800-38D: 96 bits is the length GCM is made for; drawn at random, never reused. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** The first key seals, all of them open. To rotate: put a new key first, reseal every row, then drop the old key. */
export function openKeyring(keys: readonly EncryptionKey[]): Keyring {
  const byId = new Map(keys.map((entry) => [entry.id, readKey(entry)]));
  const [current] = keys;
  if (current === undefined) throw new SealError('there is no encryption key');
  if (byId.size !== keys.length) throw new SealError('two encryption keys have the same id');
  const keyOf = (id: string): Buffer => {
    const key = byId.get(id);
    if (key === undefined)
      throw new SealError(`there is no encryption key "${id}": add it to TRIBUTARY_ENCRYPTION_KEYS`);
    return key;
  };

  return {
    currentKeyId: current.id,
    seal: (plaintext, associatedData) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, keyOf(current.id), iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(bind(current.id, associatedData));
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      return { keyId: current.id, iv, ciphertext, tag: cipher.getAuthTag() };
    },
    open: (sealed, associatedData) => {
      const key = keyOf(sealed.keyId);
      try {
        const decipher = createDecipheriv(ALGORITHM, key, sealed.iv, { authTagLength: TAG_BYTES });
        decipher.setAAD(bind(sealed.keyId, associatedData));
        decipher.setAuthTag(sealed.tag);
        return Buffer.concat([decipher.update(sealed.ciphertext), decipher.final()]).toString('utf8');
      } catch {
        throw new SealError(
          `a value sealed with key "${sealed.keyId}" does not open for "${associatedData}": ` +
            'it was changed, belongs to something else, or the key is not the one it was sealed with',
        );
      }
    },
  };
}

/** A new random key in the form `openKeyring` takes. */
export function newEncryptionKey(id: string): EncryptionKey {
  return { id, key: randomBytes(KEY_BYTES).toString('base64') };
}

function readKey({ id, key }: EncryptionKey): Buffer {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== KEY_BYTES) {
    throw new SealError(`encryption key "${id}" has ${bytes.length} bytes, not ${KEY_BYTES} (base64)`);
  }
  return bytes;
}

/** The length in front keeps the two parts from being shifted into each other. */
function bind(keyId: string, associatedData: string): Buffer {
  return Buffer.from(`${keyId.length}:${keyId}:${associatedData}`, 'utf8');
}
