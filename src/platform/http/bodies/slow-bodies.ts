import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Language } from '../../config/languages.js';
import { answerUnparsed } from '../../errors/unparsed-requests.js';

/** How long a sender that is cut off may still read why, in ms. */
const GRACE = 1_000;

/**
 * Cuts off senders whose body has not come in time. Node has one time for all requests of a server, which has to be that of
 * uploads: everybody else gets less here.
 *
 * @param ms from the end of the headers to the end of the body
 * @param hasLonger whether a request is one that the server's own time is for
 */
export function limitSlowBodies(
  fastify: FastifyInstance,
  ms: number,
  hasLonger: (request: FastifyRequest) => boolean,
  language: Language,
): void {
  const answer = answerUnparsed(language);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request;
    const hasBody = raw.headers['content-length'] !== undefined || raw.headers['transfer-encoding'] !== undefined;
    if (hasBody && !hasLonger(request)) {
      const late = setTimeout(() => {
        if (raw.complete) return;
        answer(Object.assign(new Error('the body is late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket);
        // Not at once: the answer is still on its way out.
        setTimeout(() => raw.destroy(), GRACE).unref();
      }, ms).unref();
      raw.once('close', () => clearTimeout(late));
    }
    done();
  });
}
