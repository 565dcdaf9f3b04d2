;; World 1.0.0: calls `append` with a batch of its own for each event of the batch in the staging
;; memory, which is `bytes` long and begins with sequence `first`. Returns where the result of the
;; event lies that was not folded, or -1 when all of them were. `done` counts the events that were
;; folded whole.
(module
  (import "guest" "memory" (memory $guest 0))
  (import "guest" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "guest" "append" (func $append (param i64 i32 i32) (result i32)))
  ;; IMPORT (import "guest" "post_return" (func $post_return (param i32)))
  (memory $staging (export "staging") 17 17)
  (global $done (export "done") (mut i32) (i32.const 0))

  (func (export "fold") (param $first i64) (param $bytes i32) (result i32)
    (local $at i32) (local $end i32) (local $timestamp i64)
    (local $batch i32) (local $length i32) (local $result i32)
    (global.set $done (i32.const 0))
    (block $folded
      (loop $next_run
        (br_if $folded (i32.ge_u (local.get $at) (local.get $bytes)))
        (local.set $timestamp (i64.load $staging align=1 (local.get $at)))
        (local.set $end
          (i32.add
            (i32.add (local.get $at) (i32.const 16))
            (i32.load $staging offset=12 align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (loop $next_event
          (br_if $next_run (i32.ge_u (local.get $at) (local.get $end)))
          ;; The event's length field and its bytes.
          (local.set $length
            (i32.add (i32.const 4) (i32.load $staging align=1 (local.get $at))))
          (local.set $batch
            (call $realloc (i32.const 0) (i32.const 0) (i32.const 1)
              (i32.add (local.get $length) (i32.const 16))))
          (i64.store $guest align=1 (local.get $batch) (local.get $timestamp))
          (i32.store $guest offset=8 align=1 (local.get $batch) (i32.const 1))
          (i32.store $guest offset=12 align=1 (local.get $batch) (local.get $length))
          (memory.copy $guest $staging
            (i32.add (local.get $batch) (i32.const 16)) (local.get $at) (local.get $length))
          (local.set $result
            (call $append
              (i64.add (local.get $first) (i64.extend_i32_u (global.get $done)))
              (local.get $batch)
              (i32.add (local.get $length) (i32.const 16))))
          ;; The discriminant of `result<_, rejection>`.
          (if (i32.load8_u $guest (local.get $result))
            (then (return (local.get $result))))
          ;; CALL (call $post_return (local.get $result))
          (local.set $at (i32.add (local.get $at) (local.get $length)))
          (global.set $done (i32.add (global.get $done) (i32.const 1)))
          (br $next_event))))
    (i32.const -1)))
