import { Injectable } from '@nestjs/common';
import { GatewaySettings } from '../../platform/config/groups/gateway.js';
import { type ErrorCode } from '../../platform/errors/catalogue.js';
import { AppError } from '../../platform/errors/app-error.js';
import { openFile, type FileFault } from '../../platform/egress/open-file.js';
import { OutgoingAgents } from '../../platform/egress/outgoing-agent.js';

/** From the first byte of the request to the last one of the file, redirects included, in ms; not longer than a send. */
const PATIENCE = 25_000;

const CODES: Readonly<Record<FileFault, ErrorCode>> = {
  refused: 'media_url_refused',
  gone: 'media_url_failed',
  failed: 'media_url_failed',
  'too-large': 'media_too_large',
};

/** Fetches files from addresses that callers give, from public hosts alone. */
@Injectable()
export class MediaFetcher {
  constructor(
    private readonly settings: GatewaySettings,
    private readonly agents: OutgoingAgents,
  ) {}

  /**
   * Opens a file for reading.
   *
   * @param until ends it earlier
   * @returns its name by its address, and its bytes, which are to be read at once and end with `media_url_failed`
   * @throws AppError `media_url_refused`, `media_url_failed`, `media_too_large`
   */
  async open(address: string, until?: AbortSignal): Promise<{ name: string; bytes: AsyncIterable<Buffer> }> {
    const patience = AbortSignal.timeout(Math.min(PATIENCE, this.settings.gatewaySendTimeout * 1000));
    const signal = until ? AbortSignal.any([patience, until]) : patience;
    const failure = (fault: FileFault) => new AppError(CODES[fault]);
    const options = { signal, most: this.settings.mediaMaxBytes, failure };
    const { url, bytes } = await openFile(this.agents, { url: address }, options);
    return { name: nameOf(url), bytes };
  }
}

/** The last part of a path, as a name for the file. */
function nameOf({ pathname }: URL): string {
  const last = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
