;; World 0.0.1: calls `append` for each of `count` packed events in the staging memory. `done` counts
;; the events that were folded whole.
(module
  (import "guest" "memory" (memory $guest 0))
  (import "guest" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "guest" "append" (func $append (param i32 i32)))
  ;; IMPORT (import "guest" "post_return" (func $post_return))
  (memory $staging (export "staging") 17 17)
  (global $done (export "done") (mut i32) (i32.const 0))

  (func (export "fold") (param $count i32)
    (local $at i32) (local $length i32) (local $event i32)
    (global.set $done (i32.const 0))
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (global.get $done) (local.get $count)))
        (local.set $length (i32.load $staging align=1 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $event
          (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $length)))
        (memory.copy $guest $staging (local.get $event) (local.get $at) (local.get $length))
        (call $append (local.get $event) (local.get $length))
        ;; CALL (call $post_return)
        (local.set $at (i32.add (local.get $at) (local.get $length)))
        (global.set $done (i32.add (global.get $done) (i32.const 1)))
        (br $next)))))
