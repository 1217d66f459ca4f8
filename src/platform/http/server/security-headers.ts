import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { type FastifyInstance } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';

/**
 * Sends Helmet's headers with every answer; a page that has a policy of its own sets it over these. Helmet makes them anew for
 * each request, although they never change: here it makes them once.
 */
export async function sendSecurityHeaders(fastify: FastifyInstance, options: HelmetOptions): Promise<void> {
  const headers = await headersOf(options);
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
}

/** What Helmet would set, asked of it with a request that nobody has sent. */
async function headersOf(options: HelmetOptions): Promise<Record<string, string>> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  await new Promise<void>((resolve, reject) => {
    helmet(options)(request, response, (error?: unknown) => {
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
}
