import { z } from 'zod';
import { RemoteDoor } from './job.ts';

/** What a worker on another machine is started with: where its job is, and a code that gets the job once. */
export const Ticket = z.object({ door: RemoteDoor, code: z.string().min(32).max(128) });
export type Ticket = z.infer<typeof Ticket>;

export const JoinRequest = z.object({ code: z.string().min(32).max(128) });
export type JoinRequest = z.infer<typeof JoinRequest>;
