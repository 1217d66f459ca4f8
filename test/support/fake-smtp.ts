import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail as it arrived. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: string[];
  /** Header lines, unfolded, names in lower case; encoded words stay. */
  readonly headers: ReadonlyMap<string, string>;
  /** The parts, decoded, by content type. */
  readonly parts: ReadonlyMap<string, string>;
  readonly raw: string;
  readonly user: string | undefined;
}

/** What to do with one mail instead of taking it. */
export interface SmtpScript {
  /** Where the refusal comes; `end` is after the content. */
  at: 'connect' | 'auth' | 'mail' | 'rcpt' | 'end';
  /** The reply; without it the connection is cut there (`reset`) or nothing happens any more (`hang`). */
  reply?: { code: number; text: string };
  reset?: boolean;
  hang?: boolean;
  delayMs?: number;
}

/** A fake mail server, of `smtp-server`. */
export class FakeSmtp {
  readonly user = 'masuk';
  readonly password = 'p@ss/wörd';
  readonly mails: ReceivedMail[] = [];
  /** How many connections came. */
  connections = 0;
  /** Whether the newest mail came over TLS. */
  secured = false;
  private readonly queue: SmtpScript[] = [];
  private readonly recipients = new Map<string, SmtpScript>();
  private readonly server: SMTPServer;

  private constructor(options: SMTPServerOptions) {
    this.server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      closeTimeout: 10,
      disableReverseLookup: true,
      logger: false,
      onConnect: (session, done) => {
        this.connections += 1;
        this.at('connect', session.id, undefined, done);
      },
      onAuth: ({ username, password }, session, done) => {
        if (username !== this.user || password !== this.password)
          done(reply({ code: 535, text: '5.7.8 Bad credentials' }));
        else this.at('auth', session.id, undefined, (error) => done(error, { user: username }));
      },
      onMailFrom: (_address, session, done) => this.at('mail', session.id, undefined, done),
      onRcptTo: ({ address }, session, done) => this.at('rcpt', session.id, address, done),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          const to = rcptTo.map(({ address }) => address);
          this.at('end', session.id, to[0], (error) => {
            const from = mailFrom === false ? '' : mailFrom.address;
            this.secured = session.secure;
            if (!error) this.mails.push(read(Buffer.concat(chunks).toString('latin1'), from, to, session.user));
            done(error);
          });
        });
      },
      ...options,
    });
    // Connections that specs cut are no fault of the server's.
    this.server.on('error', () => undefined);
  }

  /** Without TLS unless the options say otherwise. */
  static async start(options: SMTPServerOptions = { disabledCommands: ['STARTTLS'] }): Promise<FakeSmtp> {
    const fake = new FakeSmtp(options);
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  /** Its address with the right credentials. */
  get url(): string {
    return `smtp://${this.user}:${encodeURIComponent(this.password)}@127.0.0.1:${this.port}`;
  }

  /** What a service is told that sends by it. */
  get settings(): Record<string, string> {
    return { SMTP_URL: this.url, SMTP_FROM: 'Masuk <no-reply@example.com>' };
  }

  /** Scripts the next connection that comes so far. */
  next(script: SmtpScript): void {
    this.queue.push(script);
  }

  /** Scripts every mail to an address. */
  forRecipient(address: string, script: SmtpScript): void {
    this.recipients.set(address, script);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private at(
    step: SmtpScript['at'],
    session: string,
    to: string | undefined,
    done: (error?: Error | null) => void,
  ): void {
    const queued = this.queue[0]?.at === step ? this.queue.shift() : undefined;
    const personal = to === undefined ? undefined : this.recipients.get(to);
    const script = queued ?? (personal?.at === step ? personal : undefined);
    if (script?.hang) return;
    if (script?.reset) this.cut(session);
    else if (script?.delayMs) setTimeout(done, script.delayMs);
    else done(script?.reply ? reply(script.reply) : null);
  }

  private cut(session: string): void {
    for (const connection of this.server.connections) {
      if (connection.id === session)
        (connection as unknown as { _socket: { resetAndDestroy(): void } })._socket.resetAndDestroy();
    }
  }
}

function reply({ code, text }: { code: number; text: string }): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

function read(raw: string, from: string, to: string[], user: string | undefined): ReceivedMail {
  const { headers, body } = split(raw);
  const boundary = /boundary="?([^";]+)"?/.exec(headers.get('content-type') ?? '')?.[1];
  const sections = boundary === undefined ? [raw] : body.split(`--${boundary}`).slice(1, -1);
  const parts = sections.map((section): [string, string] => {
    const part = split(section.replace(/^\r\n/, ''));
    const type = (part.headers.get('content-type') ?? 'text/plain').split(';')[0] ?? '';
    return [type, decoded(part.body, part.headers.get('content-transfer-encoding') ?? '7bit')];
  });
  return { from, to, headers, parts: new Map(parts), raw, user };
}

function split(raw: string): { headers: Map<string, string>; body: string } {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { headers: new Map(headers), body: raw.slice(end + 4) };
}

function decoded(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString();
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
