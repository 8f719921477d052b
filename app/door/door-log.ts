/** Structured log in the manner of pino: fields first. No field ever holds a token, a key or a body. */
export interface DoorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
