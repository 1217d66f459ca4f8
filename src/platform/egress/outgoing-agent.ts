import { Agent as HttpAgent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { type Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { OutgoingSettings } from '../config/groups/outgoing.js';
import {
  OutgoingRefused,
  askNameServers,
  askSystem,
  isPublicAddress,
  publicLookup,
  type Resolve,
} from './public-addresses.js';

/** How long an address that a caller gives may be, in characters. */
const LONGEST_URL = 2_048;

/** Ports under this one are other protocols' (mail, SSH, …), which a request must not speak to. */
const FIRST_FREE_PORT = 1_024;

type Created = (error: Error | null, stream: Duplex) => void;

/**
 * An address that a caller gave, if this service may fetch or call it: http or https, without credentials. Which machine
 * it leads to is decided when the connection is made (`OutgoingAgents`).
 *
 * @returns null for anything else
 */
export function outgoingUrl(text: string, base?: URL): URL | null {
  const url = text.length > LONGEST_URL ? null : URL.parse(text, base?.href);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  if (url.username !== '' || url.password !== '' || url.hostname === '') return null;
  if (url.port !== '' && Number(url.port) < FIRST_FREE_PORT && url.port !== '80' && url.port !== '443') return null;
  url.hash = '';
  return url;
}

/**
 * Agents for requests to addresses that somebody else gave: media by URL, webhooks of subscribers. Each connection is
 * checked when it is made, and none is used twice. They do not follow redirects (`node:http` does not), and whoever does
 * has to pass each address through `outgoingUrl` and these agents again.
 */
@Injectable()
export class OutgoingAgents {
  private readonly http: HttpAgent;
  private readonly https: HttpsAgent;

  constructor(settings: OutgoingSettings) {
    const { outgoingAllowPrivate } = settings;
    const agents = outgoingAgents(outgoingAllowPrivate, outgoingAllowPrivate ? askSystem : askNameServers);
    this.http = agents.http;
    this.https = agents.https;
  }

  /** For `agent` of `http.request` or `https.request`; the connection fails with `OutgoingRefused`. */
  for({ protocol }: URL): HttpAgent {
    return protocol === 'https:' ? this.https : this.http;
  }
}

/** @param resolve finds the addresses of names */
export function outgoingAgents(allowPrivate: boolean, resolve: Resolve): { http: HttpAgent; https: HttpsAgent } {
  const options: AgentOptions = { keepAlive: false, lookup: publicLookup(resolve, allowPrivate) };
  return { http: new CheckedHttp(allowPrivate, options), https: new CheckedHttps(allowPrivate, options) };
}

/** An address in numbers is connected to without a lookup. */
function isRefused(host: string | null | undefined, allowPrivate: boolean): boolean {
  const bare = (host ?? '').replace(/^\[|\]$/g, '');
  return !allowPrivate && isIP(bare) !== 0 && !isPublicAddress(bare);
}

class CheckedHttp extends HttpAgent {
  constructor(
    private readonly allowPrivate: boolean,
    options: AgentOptions,
  ) {
    super(options);
  }

  override createConnection(options: ClientRequestArgs, created: Created): Duplex | null | undefined {
    if (!isRefused(options.host, this.allowPrivate)) return super.createConnection(options, created);
    created(new OutgoingRefused('address'), null as never);
    return undefined;
  }
}

class CheckedHttps extends HttpsAgent {
  constructor(
    private readonly allowPrivate: boolean,
    options: AgentOptions,
  ) {
    super(options);
  }

  override createConnection(options: RequestOptions, created: Created): Duplex | null | undefined {
    if (!isRefused(options.host, this.allowPrivate)) return super.createConnection(options, created);
    created(new OutgoingRefused('address'), null as never);
    return undefined;
  }
}
