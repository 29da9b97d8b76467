import type { components } from "./schema";

/** Every form of the API by name, generated from its OpenAPI document. */
export type Forms = components["schemas"];
export type Alert = Forms["AlertForm"];
export type Case = Forms["CaseForm"];
export type WorkOrder = Forms["WorkOrderForm"];
export type Vehicle = Forms["VehicleForm"];
export type VehicleHealth = Forms["VehicleHealthForm"];
export type Permission = Forms["Permission"];

/** What the WebSocket tells (cloud/api/live.py); OpenAPI knows no WebSockets. */
export type Told =
  | { kind: "alert"; cursor: string; alert: Alert }
  | { kind: "signals"; cursor: string; fleet: string; vehicle: string; ended_at: string; values: Record<string, number> }
  | { kind: "skipped" | "alive"; cursor: string };
