import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { type FastifyInstance } from 'fastify';
import { type Language } from '../../config/languages.js';
import { AppError } from '../../errors/app-error.js';
import { answerBare } from '../../errors/unparsed-requests.js';

/**
 * Refuses in our own shape what Node would answer without a word, or not at all: requests that expect anything but
 * `100-continue` (RFC 9110 section 10.1.1), and CONNECT, for which there is no proxy here.
 *
 * @param language of answers that come before anybody can say which one they want
 */
export function refuseUnusualRequests(fastify: FastifyInstance, language: Language): void {
  const expecting = new WeakSet<IncomingMessage>();
  fastify.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    // A header without a value expects nothing.
    if (request.headers.expect?.trim() !== '') expecting.add(request);
    fastify.server.emit('request', request, response);
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (expecting.has(request.raw)) done(new AppError('expectation_failed'));
    else done();
  });
  fastify.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // Nobody else listens to a socket that Node has handed over, and its other end may be gone.
    socket.on('error', () => socket.destroy());
    answerBare('method_not_allowed', language, socket);
  });
}
