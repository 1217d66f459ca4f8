import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import passport, { type Strategy } from 'passport';

/** An application that uses passport, with the least of a framework that its strategies need. */
export interface PassportApplication {
  readonly url: string;
  close(): Promise<void>;
}

interface Framework extends IncomingMessage {
  session?: Record<string, unknown>;
  protocol?: string;
  host?: string;
  query?: Record<string, string>;
}

/**
 * Logs people in by a strategy, at every address but `/`; then it says at `/` who they are.
 *
 * @param strategyAt makes it, once the application's own address is known
 */
export async function startPassportApplication(
  strategyAt: (url: string) => Promise<Strategy>,
): Promise<PassportApplication> {
  const authenticator = new passport.Passport();
  // One browser, one session: the specs have no more.
  const session: Record<string, unknown> = {};
  const answer = (request: Framework, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    if (url.pathname === '/') return void response.end(`user: ${(session['user'] as string | undefined) ?? 'nobody'}`);
    Object.assign(request, { session, protocol: 'http', host: url.host, query: Object.fromEntries(url.searchParams) });
    const judged = (error: unknown, user: { sub?: string } | false | null | undefined) => {
      if (error || !user) return void response.writeHead(401).end('refused');
      session['user'] = user.sub;
      response.writeHead(303, { location: '/' }).end();
    };
    const check = authenticator.authenticate('masuk', { session: false }, judged) as (
      ...call: [Framework, ServerResponse, (error: unknown) => void]
    ) => void;
    check(request, response, judged as never);
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  authenticator.use('masuk', await strategyAt(url));
  return {
    url,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
