import { createMasuk, type LoginOptions, type Masuk } from '../../client/src/masuk.js';
import { type Language } from '../texts/language.js';

/** Until the service has told its own: the defaults of docs/configuration.md. */
const USUAL: LoginOptions = {
  appName: '',
  otpLength: 6,
  otpExpiresIn: 5,
  resetOtpExpiresIn: 15,
  passwordMinLength: 6,
  passwordMaxLength: 72,
  registration: 'admin',
  messageLanguage: 'id',
  allowedCountries: ['ID'],
};

/** How the service is reached. */
export interface Address {
  readonly baseUrl: string;
  readonly session: 'memory' | 'cookie';
  readonly language: Language;
  readonly deviceToken: string | null;
  /** The application that the person logs in for, on a page for another application. */
  readonly clientId: string | null;
}

/** The service as an element sees it: calls, what is set there, and its clock. */
export class ServiceLink {
  options = USUAL;
  private client: Masuk | null = null;
  private address: Address | null = null;
  private clockOffset = 0;

  constructor(private readonly changed: () => void) {}

  get masuk(): Masuk {
    if (this.client === null) throw new Error('not connected yet');
    return this.client;
  }

  /** Another address, or another language for the service's own words. */
  connect(address: Address): void {
    const elsewhere = this.address?.baseUrl !== address.baseUrl;
    const { deviceToken, clientId, ...rest } = address;
    this.address = address;
    this.client = createMasuk({
      ...rest,
      ...(deviceToken !== null && { deviceToken }),
      ...(clientId !== null && { fetch: (input, init) => fetch(input, sayingFor(clientId, init)) }),
    });
    if (elsewhere) void this.learnOptions(this.client);
  }

  /** Milliseconds since 1970 by the service's clock, also while a new client has not asked it yet. */
  now(): number {
    const offset = this.masuk.serverNow() - Date.now();
    if (offset !== 0) this.clockOffset = offset;
    return Date.now() + this.clockOffset;
  }

  /** The screen does not wait for it, and does without it where it cannot be had. */
  private async learnOptions(client: Masuk): Promise<void> {
    const options = await client.options().catch(() => USUAL);
    if (client !== this.client && this.options !== USUAL) return;
    this.options = options;
    this.changed();
  }
}

/** The message with the code then names that application. */
function sayingFor(clientId: string, init: RequestInit = {}): RequestInit {
  const headers = new Headers(init.headers);
  headers.set('x-client-id', clientId);
  return { ...init, headers };
}
