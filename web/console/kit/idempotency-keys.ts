/**
 * An `Idempotency-Key` for each thing that a person sends. The same content has the same key until it has arrived, so that a second press,
 * or another try after an answer that was lost, sends nothing twice.
 */
export class IdempotencyKeys {
  private readonly keys = new Map<string, string>();

  headersFor(content: string): Record<string, string> {
    const key = this.keys.get(content) ?? crypto.randomUUID();
    this.keys.set(content, key);
    return { 'idempotency-key': `"${key}"` };
  }

  /** It has arrived: the same words, sent again, are another message. */
  arrived(content: string): void {
    this.keys.delete(content);
  }
}
