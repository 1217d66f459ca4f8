import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Activity } from '../../records/activity/activity.service.js';
import { maskPhone } from '../../platform/phone/phone.js';
import { GatewayEvents, type LinkedAccountRef } from '../link/gateway-events.js';

const lineOf = ({ id, name, apiKeyId }: LinkedAccountRef) => ({ sessionId: id, sessionName: name, apiKeyId });

/** Records what happens to linked accounts, and that somebody wrote to one. What they send is logged where it ends. */
@Injectable()
export class LinkedAccountActivity implements OnModuleInit {
  constructor(
    private readonly events: GatewayEvents,
    private readonly activity: Activity,
  ) {}

  onModuleInit(): void {
    this.events.subscribe({
      accountChanged: (session, state) => {
        const status = state === 'DISCONNECTED' || state === 'LOGGED_OUT' ? 'failure' : 'success';
        return this.activity.record({ ...lineOf(session), action: `session.${state.toLowerCase()}`, status });
      },
      messagesReceived: (messages, session) => {
        const received = messages.filter(({ fromMe }) => !fromMe);
        const entry = { ...lineOf(session), action: 'message.received', status: 'success' } as const;
        return this.activity.record(...received.map(({ from }) => ({ ...entry, number: maskPhone(from) })));
      },
    });
  }
}
