/** As many as pages may watch at once. */
const MOST = 200;

/** A QR code as a PNG in a data URL. */
export async function drawQr(text: string): Promise<string> {
  const { toDataURL } = await import('qrcode');
  return toDataURL(text, { width: 360, margin: 2 });
}

/**
 * Pictures of QR codes. Drawing one costs a tenth of a second of CPU time, and every page that watches a linked account asks
 * for it once a second. So each text is drawn once.
 */
export class QrPictures {
  /** The oldest first. */
  private readonly drawn = new Map<string, Promise<string>>();

  constructor(private readonly draw: (text: string) => Promise<string>) {}

  pictureOf(text: string): Promise<string> {
    const known = this.drawn.get(text);
    if (known) return known;
    const picture = this.draw(text);
    this.drawn.set(text, picture);
    picture.catch(() => this.drawn.delete(text));
    const [oldest] = this.drawn.keys();
    if (oldest !== undefined && this.drawn.size > MOST) this.drawn.delete(oldest);
    return picture;
  }
}
