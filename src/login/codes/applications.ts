import { Inject, Injectable } from '@nestjs/common';
import { type RequestContext } from '../../platform/http/request-context.js';
import { APPLICATION_NAMES, type ApplicationNames } from './application-names.js';
import { type CodePurpose } from './code-purpose.js';

/** An application that people log in for. */
export interface Application {
  /** Its client id. */
  readonly id: string;
  readonly name: string;
}

/** Knows for which application a request is made: a code is bound to it. */
@Injectable()
export class Applications {
  constructor(@Inject(APPLICATION_NAMES) private readonly names: ApplicationNames) {}

  /**
   * The application that a code is for: the one that the request names (`X-Client-Id`), if the purpose allows one.
   *
   * @returns null for the service itself, also when there is no application with this client id
   */
  async applicationFor(
    { isForApplications }: CodePurpose,
    { clientId }: Pick<RequestContext, 'clientId'>,
  ): Promise<Application | null> {
    if (!isForApplications || clientId === undefined) return null;
    const name = await this.names.nameOf(clientId);
    return name === null ? null : { id: clientId, name };
  }
}
