import { type DeviceState } from '../../delivery/providers/message-provider.js';
import { type BotStatusDto } from './forgot-password.dto.js';

/** What each state of a device is called in docs/contract/ticketing.md#bot-status. */
const BOT_STATES: Record<DeviceState['state'], BotStatusDto['state']> = {
  connected: 'READY',
  disconnected: 'DISCONNECTED',
  'waiting-for-scan': 'WAITING_FOR_QR',
  unreachable: 'DISCONNECTED',
};

/** From the state that is closest to sending. */
const CLOSEST_FIRST: readonly BotStatusDto['state'][] = ['READY', 'WAITING_FOR_QR', 'DISCONNECTED'];

/** One state for all rungs that reach phones: that of the one which is closest to sending. */
export function botState(devices: readonly DeviceState['state'][]): BotStatusDto {
  const states = devices.map((device) => BOT_STATES[device]);
  const state = CLOSEST_FIRST.find((each) => states.includes(each)) ?? 'UNINITIALIZED';
  return { state, ready: state === 'READY' };
}
