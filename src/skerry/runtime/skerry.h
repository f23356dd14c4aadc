/* Skerry's runtime: runs a neural network that `skerry compile` made.
 *
 *     SkerryModel* model = NULL;
 *     SkerrySession* session = NULL;
 *     if (skerry_model_load_file("model.so", &model) != SKERRY_OK ||
 *         skerry_session_create(model, NULL, &session) != SKERRY_OK) {
 *       fprintf(stderr, "%s\n", skerry_last_error());
 *       exit(1);
 *     }
 *     SkerryInput input = {image, sizeof image};
 *     SkerryOutput output = {scores, sizeof scores};
 *     if (skerry_session_run(session, &input, 1, &output, 1) != SKERRY_OK) ...
 *     skerry_session_destroy(session);
 *     skerry_model_destroy(model);
 *
 * Link with -lskerry. The library needs nothing but the C library, starts no
 * thread unless a session asks for it, and writes to no stream.
 *
 * Errors. A function that can fail returns a `SkerryStatus`. If it is not
 * SKERRY_OK, the function has changed nothing, and `skerry_last_error` has a
 * sentence for a person. A null pointer where an object is wanted is such an
 * error too, never a crash.
 *
 * Threads. Models are immutable: any number of threads may use one. Sessions
 * are not: calls on one session must not overlap, but different sessions of
 * one model may run at the same time.
 *
 * Stability. The functions and structs here keep their meaning. Structs may
 * grow at their end: those that the caller fills start with their size.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SKERRY_API __attribute__((visibility("default")))
#else
#define SKERRY_API
#endif

/* A loaded model: code, weights, and what is known of them. */
typedef struct SkerryModel SkerryModel;

/* Memory and threads to run one model with. */
typedef struct SkerrySession SkerrySession;

/* What went wrong; the numbers are gRPC's. */
typedef enum SkerryStatus {
  SKERRY_OK = 0,
  SKERRY_INVALID_ARGUMENT = 3,    /* the caller or the file is wrong */
  SKERRY_NOT_FOUND = 5,           /* there is no such file */
  SKERRY_PERMISSION_DENIED = 7,   /* the file may not be read */
  SKERRY_RESOURCE_EXHAUSTED = 8,  /* no memory or threads, or a limit */
  SKERRY_FAILED_PRECONDITION = 9, /* not for this machine or version */
  SKERRY_OUT_OF_RANGE = 11,       /* an index is too large */
  SKERRY_INTERNAL = 13,           /* a fault of the library */
  SKERRY_UNAVAILABLE = 14,        /* the system refused something */
  SKERRY_DATA_LOSS = 15           /* the file is truncated or damaged */
} SkerryStatus;

/* The type of a tensor's elements; the numbers are ONNX's. */
typedef enum SkerryDataType {
  SKERRY_FLOAT32 = 1,
  SKERRY_UINT8 = 2,
  SKERRY_INT8 = 3,
  SKERRY_UINT16 = 4,
  SKERRY_INT16 = 5,
  SKERRY_INT32 = 6,
  SKERRY_INT64 = 7,
  SKERRY_BOOL = 9, /* one byte, 0 or 1 */
  SKERRY_FLOAT16 = 10,
  SKERRY_FLOAT64 = 11,
  SKERRY_UINT32 = 12,
  SKERRY_UINT64 = 13,
  SKERRY_BFLOAT16 = 16
} SkerryDataType;

/* The library's version, such as "0.1.0". */
SKERRY_API const char* skerry_version(void);

/* The sentence that belongs to the last call on this thread that failed; empty
 * if none has. Valid until the next call that fails on this thread. */
SKERRY_API const char* skerry_last_error(void);

/* A data type's name, such as "float32"; "unknown" if there is no such. */
SKERRY_API const char* skerry_data_type_name(SkerryDataType type);

/* --- Models ------------------------------------------------------------- */

/* Loads the model in the file at `path`. Checksum, architecture and CPU
 * features are checked before any of the model's code runs. The checksum guards
 * against damage, not against malice: load only models that you trust, as you
 * would a library. While the model is in use, its file may be renamed, removed
 * or replaced by another, but must not be written into.
 *
 * SKERRY_INVALID_ARGUMENT: it is no compiled model. SKERRY_DATA_LOSS: it is
 * truncated or damaged. SKERRY_FAILED_PRECONDITION: it is for another
 * architecture or version, or this CPU lacks a feature (the sentence names it).
 * SKERRY_NOT_FOUND, SKERRY_PERMISSION_DENIED: the file cannot be opened. */
SKERRY_API SkerryStatus skerry_model_load_file(const char* path,
                                               SkerryModel** model);

/* The same, with the file's content at `data`, which is copied: `byte_count`
 * bytes more of memory, where a file's pages are shared among processes. */
SKERRY_API SkerryStatus skerry_model_load_bytes(const void* data,
                                                size_t byte_count,
                                                SkerryModel** model);

/* Gives the model up. Sessions that use it keep what they need. Null is
 * allowed. */
SKERRY_API void skerry_model_destroy(SkerryModel* model);

/* What a model's input or output is. Elements lie dense and row-major; images
 * have the axis order that the original network had. */
typedef struct SkerryTensorInfo {
  const char* name; /* valid while the model is */
  SkerryDataType data_type;
  int32_t rank;        /* 0 for a scalar, at most 8 */
  const int64_t* dims; /* `rank` extents, outermost first; as `name` */
  size_t byte_count;   /* of all elements */
} SkerryTensorInfo;

/* How many inputs and outputs there are; 0 if `model` is null. */
SKERRY_API size_t skerry_model_input_count(const SkerryModel* model);
SKERRY_API size_t skerry_model_output_count(const SkerryModel* model);

/* Describes input or output `index`. SKERRY_OUT_OF_RANGE if there is none. */
SKERRY_API SkerryStatus skerry_model_input(const SkerryModel* model,
                                           size_t index,
                                           SkerryTensorInfo* info);
SKERRY_API SkerryStatus skerry_model_output(const SkerryModel* model,
                                            size_t index,
                                            SkerryTensorInfo* info);

/* How a model came about and what it needs. Texts and lists are valid while
 * the model is. */
typedef struct SkerryModelInfo {
  const char* name;
  const char* compiler;            /* "skerry 0.1.0" */
  const char* source_digest;       /* of the file it was made from */
  const char* target;              /* as given to the compiler */
  const char* architecture;        /* "x86_64" or "aarch64" */
  const char* const* cpu_features; /* needed, by Linux's names */
  size_t cpu_feature_count;
  uint64_t arena_bytes;   /* of each session */
  uint64_t scratch_bytes; /* of each thread of a session */
  uint64_t weight_bytes;  /* in the file, shared by all sessions */
} SkerryModelInfo;

SKERRY_API SkerryStatus skerry_model_info(const SkerryModel* model,
                                          SkerryModelInfo* info);

/* --- Sessions ----------------------------------------------------------- */

/* How a session runs. Set `struct_bytes` to sizeof(SkerrySessionOptions); for
 * every other field, 0 stands for the default. */
typedef struct SkerrySessionOptions {
  size_t struct_bytes;
  /* Threads that work on one run, the caller among them. Default 1, which
   * starts none; -1: as many as this process may use CPUs. Results do not
   * depend on it. */
  int32_t thread_count;
  /* How long the session's threads look out for more work before they sleep.
   * Default 50; -1: not at all. */
  int32_t spin_microseconds;
  /* A session that needs more than this is refused. Default 4 GiB. */
  uint64_t memory_bytes_max;
} SkerrySessionOptions;

/* Takes the memory and the threads that runs of `model` need. `options` may be
 * null, for the defaults. The model may be destroyed before the session.
 *
 * SKERRY_RESOURCE_EXHAUSTED: there is not enough memory or there are too many
 * threads, or `memory_bytes_max` is too low. */
SKERRY_API SkerryStatus skerry_session_create(
    const SkerryModel* model, const SkerrySessionOptions* options,
    SkerrySession** session);

/* Ends the session's threads and frees its memory. Null is allowed. */
SKERRY_API void skerry_session_destroy(SkerrySession* session);

/* The elements of an input, only read. */
typedef struct SkerryInput {
  const void* data; /* aligned to the element type */
  size_t byte_count;
} SkerryInput;

/* Where the elements of an output go. */
typedef struct SkerryOutput {
  void* data; /* aligned to the element type */
  size_t byte_count;
} SkerryOutput;

/* Runs the model once, to its end. Inputs and outputs are in the model's order
 * and have exactly the sizes of `skerry_model_input` and `_output`. An output
 * must not overlap another buffer. With null `outputs` and 0 `output_count`
 * the session's own buffers are used, see `skerry_session_output`.
 *
 * Allocates nothing, takes no lock and makes no system call but to wake and
 * await the session's own threads. The floating-point environment is the
 * caller's and is left alone; it should be the default one. Denormal values
 * are computed as such, which is slow on some CPUs.
 *
 * SKERRY_INVALID_ARGUMENT names the buffer that does not fit; the session
 * stays usable. */
SKERRY_API SkerryStatus skerry_session_run(SkerrySession* session,
                                           const SkerryInput* inputs,
                                           size_t input_count,
                                           const SkerryOutput* outputs,
                                           size_t output_count);

/* The session's own buffer for output `index`, 64-byte aligned: what the last
 * run into the session's own buffers left there, zeros before. The address
 * stays the same for the life of the session. */
SKERRY_API SkerryStatus skerry_session_output(const SkerrySession* session,
                                              size_t index, const void** data,
                                              size_t* byte_count);

/* How many threads work on one run, the caller among them; 0 if `session` is
 * null. */
SKERRY_API int32_t skerry_session_thread_count(const SkerrySession* session);

#ifdef __cplusplus
}
#endif
