/**
 * The `Idempotency-Key` of what a person sends. The same content has the same key until it has arrived, so that a second press,
 * or another try after an answer that was lost, sends nothing twice.
 */
export class Once {
  private content = '';
  private key = '';

  headersFor(content: string): Record<string, string> {
    if (this.content !== content || this.key === '') [this.content, this.key] = [content, crypto.randomUUID()];
    return { 'idempotency-key': `"${this.key}"` };
  }

  /** It has arrived: the same words, sent again, are another message. */
  arrived(): void {
    this.key = '';
  }
}
