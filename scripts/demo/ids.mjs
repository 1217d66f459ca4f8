import { v7 } from 'uuid';

/** A UUID of version 7, as the service makes them, of an instant that has been. */
export const idAt = (instant) => v7({ msecs: instant.getTime() });
