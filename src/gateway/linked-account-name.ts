import { type PipeTransform } from '@nestjs/common';
import { AppError } from '../platform/errors/app-error.js';
import { SESSION_ID } from './gateway.dto.js';

/** What is no session id names no session: 404, as for an unknown one. For `@Param`. */
export const linkedAccountName: PipeTransform<string, string> = {
  transform: (value) => {
    if (!SESSION_ID.test(value)) throw new AppError('session_not_found');
    return value;
  },
};
