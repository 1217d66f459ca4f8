import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Injectable } from '@nestjs/common';
import { OutgoingAgents, outgoingUrl } from '../../platform/egress/outgoing-agent.js';
import { OutgoingRefused } from '../../platform/egress/public-addresses.js';

/** How long a receiver has for the whole answer, in ms. */
const PATIENCE = 10_000;

/** Why an event was not taken, from our own list. */
export type DeliveryError = 'timeout' | 'connection' | 'address_refused' | 'unknown_host' | 'redirect' | 'status';

/** How one try ended. */
export interface SendResult {
  readonly taken: boolean;
  /** HTTP status of the answer; null without one. */
  readonly status: number | null;
  readonly error: DeliveryError | null;
}

/** Hands events to addresses of strangers: to public ones only, along no redirect, and reads nothing of their answers. */
@Injectable()
export class WebhookSender {
  constructor(private readonly agents: OutgoingAgents) {}

  /** Never throws. Any answer from 200 to 299 takes the event. @param patience in ms */
  async send(address: string, body: string, headers: Record<string, string>, patience = PATIENCE): Promise<SendResult> {
    const url = outgoingUrl(address);
    if (!url) return { taken: false, status: null, error: 'address_refused' };
    try {
      const status = await this.statusOf(url, body, headers, patience);
      if (status >= 200 && status < 300) return { taken: true, status, error: null };
      return { taken: false, status, error: status >= 300 && status < 400 ? 'redirect' : 'status' };
    } catch (error) {
      return { taken: false, status: null, error: reasonOf(error) };
    }
  }

  private statusOf(url: URL, body: string, headers: Record<string, string>, patience: number): Promise<number> {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const options = {
        method: 'POST',
        agent: this.agents.for(url),
        signal: AbortSignal.timeout(patience),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Masuk-Webhooks/1',
          ...headers,
        },
      };
      const sending = request(url, options, (response) => {
        resolve(response.statusCode ?? 0);
        // What a stranger answers is nobody's business here, however long it is.
        response.destroy();
      });
      sending.on('error', reject);
      sending.end(body);
    });
  }
}

function reasonOf(error: unknown): DeliveryError {
  if (error instanceof OutgoingRefused) return error.reason === 'address' ? 'address_refused' : 'unknown_host';
  const { name } = error as { name?: unknown };
  return name === 'AbortError' || name === 'TimeoutError' ? 'timeout' : 'connection';
}
