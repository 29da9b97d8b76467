import L from "leaflet";
import "leaflet/dist/leaflet.css";
import { useEffect, useRef } from "preact/hooks";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import outlines from "world-atlas/countries-110m.json?url";
import { go } from "../router";
import { flat } from "./outlines";

export interface Pin {
  /** Where a click leads to. */
  to: string;
  name: string;
  tone: string;
  place: [latitude: number, longitude: number];
}

type World = Topology<{ countries: GeometryCollection }>;

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The world's countries, out of a file of this console: no request leaves for a tile server. */
async function drawWorld(map: L.Map, signal: AbortSignal): Promise<void> {
  const answer = await fetch(outlines, { signal });
  const world = (await answer.json()) as World;
  if (signal.aborted) return;
  const style = { weight: 1, color: colour("--coast"), fillColor: colour("--land"), fillOpacity: 1 };
  L.geoJSON(flat(feature(world, world.objects.countries)), { style, interactive: false }).addTo(map);
}

/** Where things are, on a map that needs no internet. */
export function Map({ pins }: { pins: readonly Pin[] }) {
  const place = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map | null>(null);
  const layer = useRef<L.LayerGroup | null>(null);
  /** Once somebody has moved the map it stays where they put it. */
  const isTheirs = useRef(false);

  useEffect(() => {
    if (place.current === null) return undefined;
    const made = L.map(place.current, { preferCanvas: true, minZoom: 1, maxZoom: 10, worldCopyJump: true, zoomSnap: 0.5 });
    made.attributionControl.setPrefix("").addAttribution("Natural Earth");
    made.setView([30, 10], 1.5);
    const taken = (): void => {
      isTheirs.current = true;
    };
    for (const sign of ["pointerdown", "wheel", "keydown"]) place.current.addEventListener(sign, taken, { passive: true });
    made.createPane("pins").style.zIndex = "450";
    layer.current = L.layerGroup().addTo(made);
    map.current = made;
    const stop = new AbortController();
    drawWorld(made, stop.signal).catch(() => undefined);
    return () => {
      stop.abort();
      made.remove();
      map.current = null;
    };
  }, []);

  useEffect(() => {
    if (map.current === null || layer.current === null) return;
    layer.current.clearLayers();
    for (const pin of pins) {
      const style = { radius: 8, weight: 2, color: colour("--card"), fillColor: colour(`--${pin.tone}`), fillOpacity: 1, pane: "pins" };
      const marker = L.circleMarker(pin.place, style).bindTooltip(document.createTextNode(pin.name) as unknown as HTMLElement);
      marker.on("click", () => go(pin.to)).addTo(layer.current);
    }
    if (pins.length > 0 && !isTheirs.current) {
      map.current.fitBounds(L.latLngBounds(pins.map((pin) => pin.place)).pad(0.4), { maxZoom: 5, animate: false });
    }
  }, [pins]);

  return <div class="map" ref={place} />;
}
