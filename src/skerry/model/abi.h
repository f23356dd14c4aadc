/* The binary interface between a compiled model and the program that runs it.
 *
 * A compiled model is an ELF shared object that needs nothing and exports
 * `skerry_model_run_v1`, and `skerry_model_run_layer_v1` for those who ask
 * where the time goes. What the functions need to know before they are called
 * (shapes, memory, CPU features) is in the manifest, which lies at the end of
 * the file and is read without running a byte of the model; see manifest.h and
 * container.h.
 *
 * This header is plain C and freestanding: the host includes it, and so does
 * every compiled model.
 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One piece of a model's work: piece `index`, run by worker `worker`
 * (0 <= worker < host->thread_count). Pieces of one call may run at the same
 * time on different workers, in any order; none depends on another. */
typedef void (*SkerryTask)(void* argument, int64_t index, int32_t worker);

/* What the host does for a model while it runs. */
typedef struct SkerryHost {
  void* context; /* given back to `parallel_for` */
  /* Runs `task(argument, i, worker)` once for each i in [0, count) and
   * returns when all are done. */
  void (*parallel_for)(void* context, int64_t count, SkerryTask task,
                       void* argument);
  int32_t thread_count; /* at least 1 */
} SkerryHost;

/* One inference. The host owns all memory; the model keeps nothing. */
typedef struct SkerryCall {
  /* `inputs[i]` and `outputs[i]` are the tensors of the manifest's i-th input
   * and output: dense, row-major, of the stated type and shape, aligned to
   * their element. Outputs must not overlap anything else. */
  const void* const* inputs;
  void* const* outputs;
  /* `arena_bytes` of the manifest, aligned to 64; content undefined. */
  uint8_t* arena;
  /* `thread_count` blocks of `scratch_bytes` of the manifest, each aligned to
   * 64, `scratch_stride` bytes apart; content undefined. */
  uint8_t* scratch;
  uint64_t scratch_stride;
  const SkerryHost* host;
} SkerryCall;

/* Runs the model once. */
typedef void (*SkerryModelRun)(const SkerryCall* call);

#define SKERRY_MODEL_RUN_SYMBOL "skerry_model_run_v1"

/* Runs one layer: the one on the manifest's line `index`, from 0. All layers in
 * their order, with one and the same call, are a run. Models that were
 * compiled before this was added do not export it. */
typedef void (*SkerryModelRunLayer)(const SkerryCall* call, int64_t index);

#define SKERRY_MODEL_RUN_LAYER_SYMBOL "skerry_model_run_layer_v1"

#ifdef __cplusplus
}
#endif
