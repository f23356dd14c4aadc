#include "skerry/media/npz.h"

#include <minizip/unzip.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/media/npy.h"

namespace skerry::media {
namespace {

/// A file in memory, as minizip reads it.
struct MemoryFile {
  std::span<const std::byte> bytes;
  std::uint64_t position = 0;
};

MemoryFile& FileOf(voidpf stream) { return *static_cast<MemoryFile*>(stream); }

voidpf OpenMemory(voidpf, const void* file, int) {
  return const_cast<void*>(file);
}

uLong ReadMemory(voidpf, voidpf stream, void* buffer, uLong size) {
  MemoryFile& file = FileOf(stream);
  const std::uint64_t count =
      std::min<std::uint64_t>(size, file.bytes.size() - file.position);
  if (count > 0) {
    std::memcpy(buffer, &file.bytes[file.position], count);
    file.position += count;
  }
  return count;
}

ZPOS64_T TellMemory(voidpf, voidpf stream) { return FileOf(stream).position; }

long SeekMemory(voidpf, voidpf stream, ZPOS64_T offset, int origin) {
  MemoryFile& file = FileOf(stream);
  const std::uint64_t base = origin == ZLIB_FILEFUNC_SEEK_SET ? 0
                             : origin == ZLIB_FILEFUNC_SEEK_CUR
                                 ? file.position
                                 : file.bytes.size();
  if (offset > file.bytes.size() - base) return -1;
  file.position = base + offset;
  return 0;
}

int CloseMemory(voidpf, voidpf) { return 0; }
int MemoryError(voidpf, voidpf) { return 0; }

struct CloseZip {
  void operator()(void* zip) const { unzClose(zip); }
};
using Zip = std::unique_ptr<void, CloseZip>;

/// `file` must outlive the result, which is null if it is no ZIP file.
Zip OpenZip(MemoryFile& file) {
  zlib_filefunc64_def functions = {};
  functions.zopen64_file = OpenMemory;
  functions.zread_file = ReadMemory;
  functions.ztell64_file = TellMemory;
  functions.zseek64_file = SeekMemory;
  functions.zclose_file = CloseMemory;
  functions.zerror_file = MemoryError;
  return Zip(unzOpen2_64(&file, &functions));
}

/// The current entry's content. It grows as data comes, whatever size the
/// directory claims.
Result<std::vector<std::byte>> ReadEntry(void* zip, std::uint64_t bytes_max) {
  if (unzOpenCurrentFile(zip) != UNZ_OK) {
    return DataLoss(
        "damaged, encrypted, or compressed in a way other than deflate");
  }
  constexpr unsigned kChunk = 1 << 18;
  std::vector<std::byte> content;
  std::size_t used = 0;
  int got = 0;
  do {
    content.resize(used + kChunk);
    got = unzReadCurrentFile(zip, &content[used], kChunk);
    if (got > 0) used += static_cast<std::size_t>(got);
  } while (got > 0 && used <= bytes_max);
  // Closing compares the checksum, if all of the entry was read.
  const int closed = unzCloseCurrentFile(zip);
  if (used > bytes_max) {
    return ResourceExhausted("arrays take more than the limit of " +
                             std::to_string(bytes_max) + " bytes");
  }
  if (got < 0 || closed != UNZ_OK) return DataLoss("content is damaged");
  content.resize(used);
  return content;
}

Result<std::string> EntryName(void* zip) {
  std::array<char, 1024> name = {};
  if (unzGetCurrentFileInfo64(zip, nullptr, name.data(), name.size() - 1,
                              nullptr, 0, nullptr, 0) != UNZ_OK) {
    return DataLoss("the directory of the ZIP file is damaged");
  }
  std::string result(name.data());
  if (result.ends_with(".npy")) result.resize(result.size() - 4);
  return result;
}

}  // namespace

Result<NamedTensors> ReadNpz(std::span<const std::byte> file,
                             std::uint64_t bytes_max) {
  MemoryFile memory{file};
  const Zip zip = OpenZip(memory);
  if (zip == nullptr) return InvalidArgument("not a .npz (ZIP) file");
  NamedTensors tensors;
  int status = unzGoToFirstFile(zip.get());
  for (; status == UNZ_OK; status = unzGoToNextFile(zip.get())) {
    if (tensors.size() == kNpzArrayCountMax) {
      return ResourceExhausted("more than " +
                               std::to_string(kNpzArrayCountMax) + " arrays");
    }
    SKERRY_ASSIGN_OR_RETURN(std::string name, EntryName(zip.get()));
    const std::string context = "array '" + name + "'";
    Result<std::vector<std::byte>> content = ReadEntry(zip.get(), bytes_max);
    if (!content) return content.error().WithContext(context);
    bytes_max -= content->size();
    Result<Tensor> tensor = ReadNpy(*content);
    if (!tensor) return tensor.error().WithContext(context);
    if (!tensors.emplace(std::move(name), *std::move(tensor)).second) {
      return InvalidArgument(context + " is there twice");
    }
  }
  if (status != UNZ_END_OF_LIST_OF_FILE) {
    return DataLoss("the directory of the ZIP file is damaged");
  }
  return tensors;
}

}  // namespace skerry::media
