import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { ExternalSigningKey } from 'oidc-provider';
import { type PublicJwk, type SigningKeys } from '../../identity/sessions/signing-keys.js';

const signWith = promisify(sign);

/**
 * One key of the service's own key set, as the library uses it: it never sees the private part, and one that does not
 * sign now, announced or retired, only verifies.
 */
class SharedKey extends ExternalSigningKey {
  private readonly publicKey: KeyObject;

  constructor(
    private readonly jwk: PublicJwk,
    private readonly keys: SigningKeys,
  ) {
    super();
    this.publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  }

  override get kid(): string {
    return this.jwk.kid;
  }

  override get alg(): string {
    return this.jwk.alg;
  }

  override keyObject(): KeyObject {
    return this.publicKey;
  }

  override async sign(data: Uint8Array): Promise<Buffer> {
    const { kid, key } = this.keys.signing();
    if (kid !== this.jwk.kid) throw new Error('this key does not sign');
    // RFC 7518 section 3.4: the two numbers of an ECDSA signature, one behind the other.
    return signWith('sha256', data, { key, dsaEncoding: 'ieee-p1363' });
  }
}

/** The key set of this instant, the one that signs first: the library takes the first that fits. */
export function sharedKeys(keys: SigningKeys): { keys: SharedKey[] } {
  const { kid } = keys.signing();
  const published = keys.jwks().keys.toSorted((a, b) => Number(b.kid === kid) - Number(a.kid === kid));
  return { keys: published.map((jwk) => new SharedKey(jwk, keys)) };
}

/** Names the key set of this instant; another name, another set. */
export function keySetOf(keys: SigningKeys): string {
  const published = keys.jwks().keys.map(({ kid }) => kid);
  return [keys.signing().kid, ...published].join(' ');
}
