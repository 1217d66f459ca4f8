import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { FakeSmtp, type SmtpScript } from '../../../../test/support/fake-smtp.js';
import { codeMessage, noticeMessage } from '../../../../test/support/outgoing.js';
import { EmailProvider, smtpOptions } from './email.js';
import type { DeviceState, OutgoingMessage, SendOutcome } from '../message-provider.js';

let fake: FakeSmtp;

beforeEach(async () => {
  fake = await FakeSmtp.start();
});

afterEach(() => fake.close());

function provider(url = fake.url): EmailProvider {
  return new EmailProvider({ url, from: 'SiKesKoja <no-reply@sikeskoja.example>' });
}

/** Whatever comes out, it may hold neither credentials nor the recipient nor the code. */
function discreet<T>(outcome: T): T {
  for (const secret of [fake.password, 'budi@example.com', '012345'])
    expect(JSON.stringify(outcome)).not.toContain(secret);
  return outcome;
}

async function send(script?: SmtpScript, waitMs = 5_000, message = codeMessage()): Promise<SendOutcome> {
  if (script) fake.next(script);
  return discreet(await provider().send(message, AbortSignal.timeout(waitMs)));
}

async function deviceState(script?: SmtpScript, waitMs = 5_000, url = fake.url): Promise<DeviceState> {
  if (script) fake.next(script);
  return discreet(await provider(url).deviceState(AbortSignal.timeout(waitMs)));
}

/** A server that speaks just what it is told, line by line. */
async function withRawServer(
  speak: (line: string) => string | undefined,
  work: (port: number) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    const say = (line: string) => {
      const reply = speak(line);
      if (reply !== undefined) socket.write(reply);
    };
    say('');
    socket.on('data', (data) => data.toString().split('\r\n').filter(Boolean).forEach(say));
    sockets.push(socket);
  });
  const sockets: { destroy(): void }[] = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('sending', () => {
  it('sends text and HTML with the code, which the subject does not have', async () => {
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: 'accepted' });
    expect(fake.mails).toHaveLength(1);
    const [mail] = fake.mails;
    expect(mail).toMatchObject({ from: 'no-reply@sikeskoja.example', to: ['budi@example.com'], user: 'masuk' });
    expect(mail?.headers.get('from')).toBe('SiKesKoja <no-reply@sikeskoja.example>');
    expect(mail?.headers.get('to')).toBe('budi@example.com');
    expect(mail?.headers.get('subject')).toBe('Kode OTP untuk login ke SiKesKoja');
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.headers.get('message-id')).toBe(outcome.kind === 'accepted' ? outcome.providerMessageId : '');
    expect(mail?.headers.get('message-id')).toMatch(/@sikeskoja\.example>$/);
    expect(mail?.parts.get('text/plain')?.replace(/\r\n/g, '\n').trimEnd()).toBe(codeMessage().text);
    const html = mail?.parts.get('text/html') ?? '';
    expect(html).toContain('>012345</p>');
    expect(html).toContain('Halo Budi &amp; Söhne 👋,');
    expect(html).toContain('<html lang="id">');
    expect(html).not.toMatch(/<(?!\/?(?:html|head|meta|body|p|br|!doctype))|https?:|src=|href=/i);
    expect([...(mail?.headers.values() ?? [])].join()).not.toContain('012345');
  });

  it('sends a notice', async () => {
    expect(
      await send(undefined, 5_000, noticeMessage({ subject: 'Nomor diganti – Söhne', language: 'en' })),
    ).toMatchObject({ kind: 'accepted' });
    expect(fake.mails[0]?.headers.get('subject')).toMatch(/^=\?UTF-8\?/);
    expect(fake.mails[0]?.parts.get('text/html')).toContain('<p>Nomor Anda telah diganti.</p>');
  });

  it('makes markup in a text into text', async () => {
    await send(
      undefined,
      5_000,
      codeMessage({ text: '<script>alert("1")</script>\n\n*012345*\n\n\'&amp; *012345* x' }),
    );
    const html = fake.mails[0]?.parts.get('text/html') ?? '';
    expect(html).toContain('<p>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</p>');
    expect(html).toContain('<p>&#39;&amp;amp; *012345* x</p>');
  });

  it('declines an account without an address, and asks nobody', async () => {
    expect(await send(undefined, 5_000, codeMessage({ email: null }))).toEqual({
      kind: 'rejected',
      reason: 'recipient-unreachable',
    });
    expect(fake.connections).toBe(0);
  });

  it.each([
    'budi@example.com\r\nBcc: evil@evil.example',
    'budi@example.com\nRCPT TO:<evil@evil.example>',
    'budi@example.com, evil@evil.example',
    'budi@example.com;evil@evil.example',
    'Budi <budi@example.com>',
    '<budi@example.com>',
    '"budi evil@evil.example"@example.com',
    'group: a@example.com, b@example.com;',
    'budi@example.com> NOTIFY=SUCCESS ORCPT=x',
    'budi@[127.0.0.1]',
    'budi@exämple.com',
    'büdi@example.com',
    'budi example@example.com',
    'budi@example..com',
    'budi@',
    '@example.com',
    'budi',
    '',
    `budi@${'a.'.repeat(130)}com`,
    `${'a'.repeat(65)}@example.com`,
    'budi@example.com\u0000',
    'budi@example.com\u2028',
  ])('sends nothing to %j', async (email) => {
    expect(await send(undefined, 5_000, codeMessage({ email }))).toEqual({
      kind: 'rejected',
      reason: 'recipient-invalid',
    });
    expect(fake.connections).toBe(0);
  });

  it('lets nothing else into the head of the mail', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom('\r\n', '\n', '\r', '\u2028', '\0'),
        async (word, end) => {
          fake.mails.length = 0;
          const nasty = `${word}${end}Bcc: evil@evil.example${end}${end}<b>x</b>`;
          const outcome = await send(
            undefined,
            5_000,
            codeMessage({ subject: nasty, text: `${nasty}\r\n.\r\nMAIL FROM:<x@evil.example>\r\n` }),
          );
          expect(outcome).toMatchObject({ kind: 'accepted' });
          expect(fake.mails).toHaveLength(1);
          expect(fake.mails[0]?.to).toEqual(['budi@example.com']);
          const allowed = [
            'from',
            'to',
            'subject',
            'message-id',
            'date',
            'mime-version',
            'content-type',
            'auto-submitted',
            'x-auto-response-suppress',
          ];
          expect(allowed).toEqual(expect.arrayContaining([...(fake.mails[0]?.headers.keys() ?? [])]));
        },
      ),
      { numRuns: 6 },
    );
  });

  const at = (step: SmtpScript['at'], code: number, text: string): SmtpScript => ({ at: step, reply: { code, text } });

  it.each<[string, SmtpScript, object]>([
    ['a server that is busy', at('connect', 421, '4.3.2 Too many connections'), { reason: 'provider-unavailable' }],
    [
      'bad credentials',
      at('auth', 535, '5.7.8 Bad credentials'),
      { reason: 'provider-auth', providerCode: '535 5.7.8' },
    ],
    ['a login that fails for now', at('auth', 454, '4.7.0 Temporary failure'), { reason: 'provider-unavailable' }],
    ['a sender that is not ours', at('mail', 550, '5.7.1 Not your address'), { reason: 'provider-auth' }],
    ['a login that is needed', at('mail', 530, '5.7.0 Authentication required'), { reason: 'provider-auth' }],
    ['a sender refused for now', at('mail', 451, '4.3.0 Later'), { reason: 'provider-unavailable' }],
    ['greylisting', at('rcpt', 450, '4.2.0 Greylisted'), { reason: 'provider-unavailable', providerCode: '450 4.2.0' }],
    ['a full disk', at('rcpt', 452, '4.3.1 Insufficient storage'), { reason: 'provider-unavailable' }],
    [
      'an unknown mailbox',
      at('rcpt', 550, '5.1.1 No such user'),
      { reason: 'recipient-invalid', providerCode: '550 5.1.1' },
    ],
    ['a mailbox without a number', at('rcpt', 550, 'No such user'), { reason: 'recipient-invalid' }],
    ['a bad mailbox', at('rcpt', 553, '5.1.3 Bad address'), { reason: 'recipient-invalid' }],
    ['a full mailbox', at('rcpt', 552, '5.2.2 Mailbox full'), { reason: 'recipient-unreachable' }],
    ['a block', at('rcpt', 554, '5.7.1 Blocked'), { reason: 'recipient-blocked-by-policy' }],
    ['a policy', at('rcpt', 550, '5.7.26 Unauthenticated sender'), { reason: 'recipient-blocked-by-policy' }],
    ['spam', at('end', 554, '5.7.1 Spam'), { reason: 'content' }],
    ['too big', at('end', 552, '5.3.4 Too big'), { reason: 'content' }],
    ['content refused for now', at('end', 451, '4.7.1 Later'), { reason: 'provider-unavailable' }],
    ['a server that goes down at the end', at('end', 421, '4.3.0 Going down'), { reason: 'provider-unavailable' }],
  ])('understands %s', async (_, script, expected) => {
    expect(await send(script)).toMatchObject({ kind: 'rejected', ...expected });
    expect(fake.mails).toEqual([]);
  });

  it.each<[SmtpScript['at']]>([['connect'], ['auth'], ['mail'], ['rcpt']])(
    'knows that nothing was sent when the connection ends or hangs at: %s',
    async (step) => {
      const unavailable = { kind: 'rejected', reason: 'provider-unavailable' };
      expect(await send({ at: step, reset: true })).toMatchObject(unavailable);
      expect(await send({ at: step, hang: true }, 300)).toMatchObject({ ...unavailable, providerText: 'ERR_CANCELED' });
      expect(fake.mails).toEqual([]);
    },
  );

  it('cannot know when it ends or hangs after the content', async () => {
    expect(await send({ at: 'end', reset: true })).toEqual({ kind: 'unknown', cause: 'reset' });
    expect(await send({ at: 'end', hang: true }, 300)).toEqual({ kind: 'unknown', cause: 'timeout' });
    expect(await send({ at: 'end', delayMs: 1_000 }, 300)).toEqual({ kind: 'unknown', cause: 'timeout' });
  });

  it('can tell one mail from another that is under way', async () => {
    const email = provider();
    fake.forRecipient('slow@example.com', { at: 'end', hang: true });
    const slow = email.send(codeMessage({ email: 'slow@example.com' }), AbortSignal.timeout(500));
    const refused = { at: 'rcpt' as const, hang: true };
    fake.forRecipient('stuck@example.com', refused);
    const stuck = email.send(codeMessage({ email: 'stuck@example.com' }), AbortSignal.timeout(400));
    expect(await stuck).toMatchObject({ kind: 'rejected' });
    expect(await slow).toEqual({ kind: 'unknown', cause: 'timeout' });
  });

  it('survives servers that do not speak SMTP', async () => {
    const outcomes: SendOutcome[] = [];
    for (const speak of [
      () => 'HTTP/1.1 400 Bad Request\r\n\r\n',
      () => undefined,
      () => '599 no\r\n',
      () => '220-'.repeat(30_000),
    ]) {
      await withRawServer(speak, async (port) => {
        outcomes.push(await provider(`smtp://127.0.0.1:${port}`).send(codeMessage(), AbortSignal.timeout(400)));
      });
    }
    expect(outcomes).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ kind: 'rejected', reason: 'provider-unavailable' })),
    );
  });

  it('cannot know when the answer to the content makes no sense', async () => {
    const speak = (line: string) => {
      if (line === '') return '220 x ESMTP\r\n';
      if (/^(?:EHLO|MAIL|RCPT)/.test(line)) return '250 ok\r\n';
      if (line === 'DATA') return '354 go on\r\n';
      return line === '.' ? 'x'.repeat(70_000) : undefined;
    };
    await withRawServer(speak, async (port) => {
      const outcome = await provider(`smtp://127.0.0.1:${port}`).send(codeMessage(), AbortSignal.timeout(2_000));
      expect(outcome).toEqual({ kind: 'unknown', cause: 'bad-body' });
    });
  });

  it('knows that a refused connection sent nothing', async () => {
    const gone = provider();
    await fake.close();
    expect(await gone.send(codeMessage(), AbortSignal.timeout(5_000))).toMatchObject({
      kind: 'rejected',
      reason: 'provider-unavailable',
      providerText: 'ESOCKET',
    });
    fake = await FakeSmtp.start();
    expect(await provider().send(codeMessage(), AbortSignal.abort())).toMatchObject({ reason: 'provider-unavailable' });
    expect(fake.connections).toBe(0);
  });

  it("keeps secrets out of the server's words", async () => {
    const words = `5.1.1 <budi@example.com> of masuk: see https://x.example/?a=1 code 012345`;
    expect(await send({ at: 'rcpt', reply: { code: 550, text: words } })).toMatchObject({
      providerText: '<…> of …: see … code …',
    });
  });
});

describe('the state of the server', () => {
  it.each<[string, SmtpScript | undefined, DeviceState]>([
    ['ready', undefined, { state: 'connected' }],
    [
      'not for us',
      { at: 'auth', reply: { code: 535, text: '5.7.8 Bad credentials' } },
      { state: 'disconnected', text: 'Bad credentials' },
    ],
    ['busy', { at: 'connect', reply: { code: 421, text: '4.3.2 Busy' } }, { state: 'unreachable', text: 'Busy' }],
    ['silent', { at: 'connect', hang: true }, { state: 'unreachable', text: 'timeout' }],
    ['cut', { at: 'auth', reset: true }, { state: 'unreachable', text: 'ESOCKET' }],
  ])('is read when %s', async (_, script, expected) => {
    expect(await deviceState(script, 400)).toEqual(expected);
  });

  it('is read when nobody listens', async () => {
    const { url } = fake;
    await fake.close();
    expect(await deviceState(undefined, 5_000, url)).toEqual({ state: 'unreachable', text: 'ESOCKET' });
    fake = await FakeSmtp.start();
  });
});

describe('the address of the server', () => {
  it.each<[string, object]>([
    [
      'smtp://mail.example.com',
      { host: 'mail.example.com', port: 587, secure: false, requireTLS: true, ignoreTLS: false },
    ],
    ['smtps://mail.example.com', { port: 465, secure: true, requireTLS: false }],
    ['smtps://u:p@mail.example.com:2465', { port: 2465, auth: { user: 'u', pass: 'p' } }],
    ['smtp://a%40b.c:p%2Fw%20d@mail.example.com:25', { port: 25, auth: { user: 'a@b.c', pass: 'p/w d' } }],
    ['smtp://mail.example.com?ignoreTLS=true', { requireTLS: false, ignoreTLS: true }],
    ['smtp://localhost:1025', { requireTLS: false, tls: { rejectUnauthorized: false } }],
    ['smtp://[::1]:1025', { host: '::1', requireTLS: false }],
  ])('%s', (url, expected) => expect(smtpOptions(url)).toMatchObject(expected));

  it('checks certificates of other machines', () => {
    expect(smtpOptions('smtp://mail.example.com')).not.toHaveProperty('tls');
    expect(smtpOptions('smtps://127.0.0.1.example.com')).not.toHaveProperty('tls');
    expect(smtpOptions('smtp://localhost.example.com')).toMatchObject({ requireTLS: true });
  });

  it('uses TLS where this machine offers it', async () => {
    await fake.close();
    fake = await FakeSmtp.start({});
    expect(await send()).toMatchObject({ kind: 'accepted' });
    expect(fake.secured).toBe(true);
  });
});

it('shows the password to nobody who looks at the provider', async () => {
  const email: EmailProvider = provider();
  await email.send(codeMessage() satisfies OutgoingMessage, AbortSignal.timeout(5_000));
  for (const word of [fake.password, encodeURIComponent(fake.password)]) {
    expect(inspect(email, { depth: null, showHidden: true })).not.toContain(word);
  }
});
