import { type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type FastifyInstance } from 'fastify';
import { stopListening } from './stop-listening.js';

/** Between the word that we are going and the closing of idle connections, in ms: what is on the wire still arrives. */
const FAREWELL = 300;

/** How long a connection on which nothing was sent is still waited for after that, in ms. */
const SILENCE = 500;

/** The service is about to go: its answers say so, and `/health/ready` does. */
@Injectable()
export class GracefulShutdown {
  private begun = false;

  /** Whether a signal has come; from then on until its end the service still answers. */
  get hasBegun(): boolean {
    return this.begun;
  }

  /**
   * Announces the end and goes on answering, so that balancers find other instances before it stops listening.
   *
   * @param seconds how long
   */
  async drain(seconds: number): Promise<void> {
    this.begun = true;
    await pause(seconds * 1000);
  }

  /**
   * Lets each answer tell its client to go (`Connection: close`, RFC 9112, 9.6): a connection kept alive would hold the
   * process, and one that was closed without a word would reset a request that was just being sent.
   */
  closeConnectionsOf(fastify: FastifyInstance): void {
    // Node does not count a connection as idle before its first request, and would wait for one that never comes: browsers
    // connect ahead of time.
    const connections = new Set<Socket>();
    fastify.server.on('connection', (socket) => {
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
    });
    const endSilent = () => {
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    };
    fastify.addHook('preClose', (done) => {
      this.begun = true;
      // Fastify closes the server, too, but at an instant that resets whoever is just coming.
      void pause(FAREWELL)
        .then(() => stopListening(fastify.server))
        .then(() => {
          setTimeout(endSilent, SILENCE).unref();
          done();
        });
    });
    // Node writes the header itself, also into answers that pass Fastify by (OpenID Connect, streams).
    fastify.addHook('onRequest', (_request, reply, done) => {
      if (this.begun) reply.raw.shouldKeepAlive = false;
      done();
    });
    // For requests that came before the end was near.
    fastify.addHook('onSend', (_request, reply, payload, done) => {
      if (this.begun) reply.raw.shouldKeepAlive = false;
      done(null, payload);
    });
  }
}
