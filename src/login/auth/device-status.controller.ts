import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Caller, Public, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { DeviceStatusAnswerDto } from './auth.dto.js';

/** Whacenter's sentence for a device that is not linked; front ends show it: docs/contract/sikeskoja.md#device-status. */
const NOT_CONNECTED = 'device not connected or not found';

@ApiTags('Login')
@Controller('api/auth/otp')
export class DeviceStatusController {
  constructor(private readonly messaging: Messaging) {}

  @Get('status')
  @Public()
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'deviceStatus',
    summary: 'Check whether the WhatsApp device is connected',
    security: [{}, { bearer: [] }],
  })
  @ApiOkResponse({ type: DeviceStatusAnswerDto, description: 'The state, at most a second old.' })
  async status(@Caller() caller: CurrentCaller | undefined): Promise<DeviceStatusAnswerDto> {
    const deviceId = await this.messaging.connectedDevice();
    if (deviceId === null) {
      return { success: false, status: false, message: NOT_CONNECTED, data: { connected: false } };
    }
    return {
      success: true,
      data: { connected: true, deviceId: caller?.role === 'ADMIN' ? deviceId : masked(deviceId) },
    };
  }
}

/** A device id may be its provider's only credential, as Whacenter's is: strangers see four characters at each end, of a short one nothing. */
function masked(deviceId: string): string {
  return deviceId.length < 16 ? '…' : `${deviceId.slice(0, 4)}…${deviceId.slice(-4)}`;
}
