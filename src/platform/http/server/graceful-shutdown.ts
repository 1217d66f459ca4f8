import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type FastifyInstance } from 'fastify';
import { stopListening } from './stop-listening.js';

/** Between the word that we are going and the closing of idle connections, in ms: what is on the wire still arrives. */
const FAREWELL = 300;

/** How long a connection without a whole request is still waited for after that, in ms. */
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
    const endUnused = trackConnections(fastify.server);
    fastify.addHook('preClose', (done) => {
      this.begun = true;
      // Fastify closes the server, too, but at an instant that resets whoever is just coming.
      void pause(FAREWELL)
        .then(() => stopListening(fastify.server))
        .then(() => {
          setTimeout(endUnused, SILENCE).unref();
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

/**
 * Node waits for a connection on which no whole request has come: browsers connect ahead of time, and some clients go
 * silent in the middle. Nobody could be answered there.
 *
 * @returns ends the connections on which no request is under way
 */
function trackConnections(server: Server): () => void {
  /** Requests under way by connection; a client may send the next one before the answer (RFC 9112, 9.3.2). */
  const underWay = new Map<Socket, number>();
  const add = (socket: Socket, change: number) => {
    const before = underWay.get(socket);
    if (before !== undefined) underWay.set(socket, before + change);
  };
  server.on('connection', (socket: Socket) => {
    underWay.set(socket, 0);
    socket.once('close', () => underWay.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    add(socket, 1);
    response.once('close', () => add(socket, -1));
  });
  return () => {
    for (const [socket, count] of underWay) if (count === 0) socket.destroy();
  };
}
