import { randomBytes } from 'node:crypto';
import { FakeApi, digits, newestCode, type ApiCall, type ApiReply } from './fake-api.js';

/** An API that nobody wrote a provider for: JSON, a key in a header, and refusals with 200. */
export class FakeHttpApi {
  readonly key = `key-${randomBytes(12).toString('hex')}`;
  readonly messages: { id: number; to: string; text: string }[] = [];
  readonly wire = new FakeApi(
    (call) => this.answer(call),
    (call) => (call.json as { to?: string } | undefined)?.to,
  );

  static async start(): Promise<FakeHttpApi> {
    const fake = new FakeHttpApi();
    await fake.wire.listen();
    return fake;
  }

  /** What a service is told that sends by it. */
  get settings(): Record<string, string> {
    return {
      HTTP_API_URL: `${this.wire.url}/v1/messages`,
      HTTP_API_HEADERS: JSON.stringify({ 'X-Api-Key': this.key }),
      HTTP_API_JSON: JSON.stringify({ to: '{{number}}', message: { type: 'text', body: '{{text}}' } }),
      HTTP_API_SUCCESS_FIELD: '/status',
      HTTP_API_SUCCESS_VALUE: 'ok',
      HTTP_API_ID_FIELD: '/data/0/id',
      HTTP_API_ERROR_FIELD: '/error',
    };
  }

  codeFor(number: string): string | undefined {
    return newestCode(this.messages.filter(({ to }) => to === digits(number)).map(({ text }) => text));
  }

  close(): Promise<void> {
    return this.wire.close();
  }

  private answer({ method, path, headers, json }: ApiCall): ApiReply {
    if (headers['x-api-key'] !== this.key) return { status: 401, body: { status: 'error', error: 'unknown key' } };
    if (method === 'GET' && path === '/v1/status') return { body: { status: 'ok' } };
    if (path !== '/v1/messages') return { status: 404, body: '<html>404</html>' };
    const { to, message } = (json ?? {}) as { to?: unknown; message?: { body?: unknown } };
    const text = message?.body;
    if (typeof to !== 'string' || typeof text !== 'string') return { body: { status: 'error', error: 'wrong fields' } };
    const id = this.messages.push({ id: this.messages.length + 1, to: digits(to), text });
    return { body: { status: 'ok', data: [{ id }] } };
  }
}
