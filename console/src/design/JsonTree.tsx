/** JSON as a tree that opens part by part; what is closed or far down is not drawn. */

import { useState } from "react";
import { count } from "../format";
import css from "./JsonTree.module.css";
import { entries, Exact, isNested } from "./json";
import { quoted } from "./visible";

/** Entries that are drawn at once, and characters of one string. */
const ENTRIES = 100;
const CHARACTERS = 1000;
const MORE_CHARACTERS = 50_000;
/** What is larger begins closed. */
const OPEN_ENTRIES = 50;
const OPEN_DEPTH = 3;

export function JsonTree({ value, label = "JSON" }: { value: unknown; label?: string }) {
  return (
    <div className={`mono ${css.tree}`} role="group" aria-label={label}>
      <Node value={value} depth={0} last />
    </div>
  );
}

interface NodeProps {
  /** In an object. */
  name?: string;
  value: unknown;
  depth: number;
  last: boolean;
}

function Node({ name, value, depth, last }: NodeProps) {
  const comma = last ? "" : ",";
  if (!isNested(value)) {
    return (
      <div className={css.line}>
        <Key name={name} />
        <Leaf value={value} />
        {comma}
      </div>
    );
  }
  return <Branch name={name} value={value} depth={depth} last={last} />;
}

function Branch({ name, value, depth, last }: NodeProps & { value: object }) {
  const isList = Array.isArray(value);
  const size = isList ? value.length : Object.keys(value).length;
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH && (depth === 0 || size <= OPEN_ENTRIES));
  const [shown, setShown] = useState(ENTRIES);
  const comma = last ? "" : ",";
  const [start, end] = isList ? "[]" : "{}";
  if (size === 0) {
    return (
      <div className={css.line}>
        <Key name={name} />
        {start}
        {end}
        {comma}
      </div>
    );
  }
  const noun = isList ? (size === 1 ? "item" : "items") : size === 1 ? "key" : "keys";
  return (
    <div>
      <div className={css.line}>
        <button
          type="button"
          className={css.toggle}
          aria-expanded={isOpen}
          aria-label={`${name === undefined ? "" : `${name}, `}${count(size)} ${noun}`}
          onClick={() => setOpen(!isOpen)}
        >
          <span aria-hidden>{isOpen ? "▾" : "▸"}</span>
        </button>
        <Key name={name} />
        {start}
        {!isOpen && (
          <>
            <span className="faint">
              {" "}
              {count(size)} {noun}{" "}
            </span>
            {end}
            {comma}
          </>
        )}
      </div>
      {isOpen && (
        <>
          <div className={css.inner}>
            {entries(value)
              .slice(0, shown)
              .map(([key, item], at) => (
                <Node key={key} name={isList ? undefined : key} value={item} depth={depth + 1} last={at === size - 1} />
              ))}
            {shown < size && (
              <button type="button" className={css.more} onClick={() => setShown(shown + 10 * ENTRIES)}>
                {count(size - shown)} more {noun}
              </button>
            )}
          </div>
          <div className={css.line}>
            {end}
            {comma}
          </div>
        </>
      )}
    </div>
  );
}

function Key({ name }: { name?: string }) {
  if (name === undefined) return null;
  const text = name.length > CHARACTERS ? `${name.slice(0, CHARACTERS)}…` : name;
  return (
    <>
      <bdi className={css.key}>{quoted(text)}</bdi>
      {": "}
    </>
  );
}

function Leaf({ value }: { value: unknown }) {
  const [shown, setShown] = useState(CHARACTERS);
  if (typeof value !== "string") {
    return <span className={css.value}>{value instanceof Exact ? value.text.slice(0, CHARACTERS) : String(value)}</span>;
  }
  if (value.length <= shown) return <bdi className={css.string}>{quoted(value)}</bdi>;
  return (
    <>
      <bdi className={css.string}>{quoted(value.slice(0, shown)).slice(0, -1)}…</bdi>{" "}
      <button type="button" className={css.more} onClick={() => setShown(shown + MORE_CHARACTERS)}>
        {count(value.length - shown)} more characters
      </button>
    </>
  );
}
