#include "skerry/platform/dynamic_library.h"

#include <dlfcn.h>

#include <atomic>

namespace skerry::platform {
namespace {

// A path to the open file that no other call has used. The dynamic loader
// knows objects by their path first, and descriptor numbers come again: a
// bare "/proc/self/fd/5" could name an object loaded earlier. So a serial
// number goes in between, in binary, as single and double slashes.
std::string FreshPath(const FileDescriptor& file) {
  static std::atomic<unsigned> serial = 0;
  std::string path = "/proc/self/fd/";
  for (unsigned rest = serial.fetch_add(1); rest != 0; rest >>= 1) {
    path += (rest & 1) != 0 ? ".//" : "./";
  }
  return path + std::to_string(file.number());
}

std::string LoaderMessage() {
  const char* const message = dlerror();
  return message != nullptr ? message : "unknown error";
}

}  // namespace

DynamicLibrary::~DynamicLibrary() {
  if (handle_ != nullptr) dlclose(handle_);
}

Result<DynamicLibrary> DynamicLibrary::Open(const FileDescriptor& file) {
  void* const handle = dlopen(FreshPath(file).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return FailedPrecondition("dynamic loader: " + LoaderMessage());
  }
  return DynamicLibrary(handle);
}

Result<DynamicLibrary> DynamicLibrary::OpenSystem(const std::string& name) {
  void* const handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return FailedPrecondition("dynamic loader: " + LoaderMessage());
  }
  return DynamicLibrary(handle);
}

Result<void*> DynamicLibrary::Find(const std::string& symbol) const {
  void* const address = dlsym(handle_, symbol.c_str());
  if (address == nullptr) return NotFound("no symbol '" + symbol + "'");
  return address;
}

}  // namespace skerry::platform
