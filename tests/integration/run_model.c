/* Runs a compiled model on raw files, by the public C API alone.
 *
 * usage: run_model MODEL OUTPUT_PREFIX THREADS [INPUT]...
 *
 * Each INPUT holds the elements of one of the model's inputs, or is a .npy file
 * of them. Output i goes to OUTPUT_PREFIX<i>.bin. Exit code 2 and a line on
 * standard error if something is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "skerry/runtime/skerry.h"

static void Die(const char* what, const char* why) {
  fprintf(stderr, "run_model: %s: %s\n", what, why);
  exit(2);
}

static void* Allocate(size_t byte_count) {
  void* const memory = malloc(byte_count + 1);
  if (memory == NULL) Die("memory", "there is none left");
  return memory;
}

/* Passes over the header of a .npy file, if that is what `file` is. */
static void SkipNpyHeader(FILE* file) {
  unsigned char start[10];
  if (fread(start, 1, sizeof start, file) == sizeof start &&
      memcmp(start, "\x93NUMPY\x01", 7) == 0) {
    fseek(file, 10 + start[8] + 256 * start[9], SEEK_SET);
  } else {
    rewind(file);
  }
}

static SkerryInput ReadInput(const char* path, size_t byte_count) {
  FILE* const file = fopen(path, "rb");
  if (file == NULL) Die(path, "cannot open");
  SkipNpyHeader(file);
  char* const data = Allocate(byte_count);
  if (fread(data, 1, byte_count, file) != byte_count || fgetc(file) != EOF) {
    Die(path, "holds another number of bytes than the model's input");
  }
  fclose(file);
  const SkerryInput input = {data, byte_count};
  return input;
}

static void WriteOutput(const SkerrySession* session, const char* prefix,
                        size_t index) {
  const void* data = NULL;
  size_t byte_count = 0;
  if (skerry_session_output(session, index, &data, &byte_count) != SKERRY_OK) {
    Die("output", skerry_last_error());
  }
  char path[4096];
  snprintf(path, sizeof path, "%s%zu.bin", prefix, index);
  FILE* const file = fopen(path, "wb");
  if (file == NULL || fwrite(data, 1, byte_count, file) != byte_count ||
      fclose(file) != 0) {
    Die(path, "cannot write");
  }
}

int main(int argc, char** argv) {
  if (argc < 4)
    Die("usage", "run_model MODEL OUTPUT_PREFIX THREADS [INPUT]...");
  char** const paths = argv + 4;
  SkerryModel* model = NULL;
  if (skerry_model_load_file(argv[1], &model) != SKERRY_OK) {
    Die("model", skerry_last_error());
  }
  const size_t count = skerry_model_input_count(model);
  if ((size_t)(argc - 4) != count) Die("inputs", "another number than wanted");
  SkerryInput* const inputs = Allocate(count * sizeof *inputs);
  for (size_t i = 0; i < count; ++i) {
    SkerryTensorInfo info;
    if (skerry_model_input(model, i, &info) != SKERRY_OK) {
      Die("input", skerry_last_error());
    }
    inputs[i] = ReadInput(paths[i], info.byte_count);
  }

  SkerrySessionOptions options = {0};
  options.struct_bytes = sizeof options;
  options.thread_count = atoi(argv[3]);
  SkerrySession* session = NULL;
  if (skerry_session_create(model, &options, &session) != SKERRY_OK ||
      skerry_session_run(session, inputs, count, NULL, 0) != SKERRY_OK) {
    Die("session", skerry_last_error());
  }
  for (size_t i = 0; i < skerry_model_output_count(model); ++i) {
    WriteOutput(session, argv[2], i);
  }

  for (size_t i = 0; i < count; ++i) free((void*)inputs[i].data);
  free(inputs);
  skerry_session_destroy(session);
  skerry_model_destroy(model);
  return 0;
}
