/** A QR code comes as a data address, which the page's policy does not load: it is drawn into the open dialog's canvas. */
export async function drawQr(address: string): Promise<void> {
  const bytes = Uint8Array.from(atob(address.slice(address.indexOf(',') + 1)), (character) => character.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = document.querySelector<HTMLCanvasElement>('console-dialog canvas.qr');
  if (canvas === null) return;
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext('2d')?.drawImage(picture, 0, 0);
}
