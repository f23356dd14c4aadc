#include "skerry/media/png.h"

#include <png.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "skerry/media/limits.h"

namespace skerry::media {
namespace {

// Text and profile chunks may unpack to this much each; pixels are not
// counted here.
constexpr png_alloc_size_t kChunkBytesMax = 8 << 20;

/// Where libpng reads from and what it reported. As in jpeg.cc, nothing with
/// a destructor lives between `setjmp` and the jump.
struct Source {
  std::span<const std::byte> rest;
  std::array<char, 128> message;
};

void OnRead(png_structp png, png_bytep target, std::size_t size) {
  auto& source = *static_cast<Source*>(png_get_io_ptr(png));
  if (size > source.rest.size()) png_error(png, "the file is truncated");
  std::memcpy(target, source.rest.data(), size);
  source.rest = source.rest.subspan(size);
}

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  auto& source = *static_cast<Source*>(png_get_error_ptr(png));
  std::snprintf(source.message.data(), source.message.size(), "%s", message);
  png_longjmp(png, 1);
}

void OnWarning(png_structp, png_const_charp) {}

class PngDecoder {
 public:
  explicit PngDecoder(std::span<const std::byte> file)
      : source_{file, {}},
        png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source_, OnError,
                                    OnWarning)),
        info_(png_ == nullptr ? nullptr : png_create_info_struct(png_)) {}
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// Runs `step` and turns what libpng reports into an error.
  template <class Step>
  Result<void> Guarded(Step step) {
    if (info_ == nullptr) return ResourceExhausted("no memory for libpng");
    if (setjmp(png_jmpbuf(png_)) != 0) {
      return DataLoss("damaged PNG: " + std::string(source_.message.data()));
    }
    step();
    return {};
  }

  Result<void> ReadHeader() {
    return Guarded([this] {
      png_set_read_fn(png_, &source_, OnRead);
      png_set_user_limits(png_, kImageSideMax, kImageSideMax);
      png_set_chunk_malloc_max(png_, kChunkBytesMax);
      png_read_info(png_, info_);
    });
  }

  /// Asks for 8-bit grey or RGB, whatever the file holds.
  Result<void> Convert() {
    return Guarded([this] {
      png_set_palette_to_rgb(png_);
      png_set_expand_gray_1_2_4_to_8(png_);
      png_set_strip_16(png_);
      png_set_strip_alpha(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
  }

  Result<void> ReadRows(std::vector<png_bytep>& rows) {
    return Guarded([&] {
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
  }

  png_uint_32 width() const { return png_get_image_width(png_, info_); }
  png_uint_32 height() const { return png_get_image_height(png_, info_); }
  int channels() const { return png_get_channels(png_, info_); }

 private:
  Source source_;
  png_structp png_;
  png_infop info_;
};

}  // namespace

bool IsPng(std::span<const std::byte> file) {
  return file.size() >= 8 &&
         png_sig_cmp(reinterpret_cast<png_const_bytep>(file.data()), 0, 8) == 0;
}

Result<Image> DecodePng(std::span<const std::byte> file,
                        std::int64_t pixel_count_max) {
  PngDecoder decoder(file);
  SKERRY_RETURN_IF_ERROR(decoder.ReadHeader());
  SKERRY_RETURN_IF_ERROR(
      CheckImageSize(decoder.width(), decoder.height(), pixel_count_max));
  SKERRY_RETURN_IF_ERROR(decoder.Convert());
  Image image =
      MakeImage(static_cast<int>(decoder.width()),
                static_cast<int>(decoder.height()), decoder.channels());
  if (image.channels != 1 && image.channels != 3) {
    return Internal("libpng gave " + std::to_string(image.channels) +
                    " channels");
  }
  std::vector<png_bytep> rows(static_cast<std::size_t>(image.height));
  for (int y = 0; y < image.height; ++y) {
    rows[static_cast<std::size_t>(y)] = image.row(y).data();
  }
  SKERRY_RETURN_IF_ERROR(decoder.ReadRows(rows));
  return image;
}

}  // namespace skerry::media
