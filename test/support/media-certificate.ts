import { join } from 'node:path';

/** Trust it with `NODE_EXTRA_CA_CERTS`. Certificate and key are thrown away here, for everybody to see: they prove nothing. */
export const MEDIA_CERTIFICATE = join(import.meta.dirname, 'fake-whatsapp-media.cert.pem');
