import { type SentCode } from './code-entry.js';

/** What tabs of one page tell each other; no code, no token. */
export type News =
  | { readonly kind: 'sent'; readonly about: string; readonly sent: SentCode }
  | { readonly kind: 'logged-in' }
  | { readonly kind: 'logged-out' };

/** Other tabs of this origin. A browser without BroadcastChannel has tabs that know nothing of each other. */
export class OtherTabs {
  private readonly channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('masuk') : null;

  constructor(hear: (news: News) => void) {
    this.channel?.addEventListener('message', ({ data }: MessageEvent<News>) => hear(data));
  }

  tell(news: News): void {
    this.channel?.postMessage(news);
  }

  close(): void {
    this.channel?.close();
  }
}
