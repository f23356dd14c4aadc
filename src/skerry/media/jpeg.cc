#include "skerry/media/jpeg.h"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <string>

// libjpeg's headers need size_t and FILE before them.
#include <jerror.h>
#include <jpeglib.h>

#include "skerry/media/limits.h"

namespace skerry::media {
namespace {

constexpr int kScanCountMax = 256;

/// libjpeg reports errors by a function that must not return, so it jumps.
/// What lives between `setjmp` and the jump has no destructor: the decoder
/// and its buffers are owned by the callers of `Guarded`.
struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf jump;
  std::array<char, JMSG_LENGTH_MAX> message;
};

ErrorManager& ManagerOf(j_common_ptr info) {
  return *reinterpret_cast<ErrorManager*>(info->err);
}

[[noreturn]] void OnError(j_common_ptr info) {
  info->err->format_message(info, ManagerOf(info).message.data());
  std::longjmp(ManagerOf(info).jump, 1);
}

/// Some warnings mean that pixels are lost, which libjpeg papers over with
/// grey; we refuse those. Others are about oddities that viewers live with.
void OnMessage(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
      OnError(info);
    default:
      break;
  }
}

void OnProgress(j_common_ptr info) {
  const auto* decoder = reinterpret_cast<j_decompress_ptr>(info);
  if (decoder->input_scan_number <= kScanCountMax) return;
  std::snprintf(ManagerOf(info).message.data(), JMSG_LENGTH_MAX,
                "more than %d scans", kScanCountMax);
  std::longjmp(ManagerOf(info).jump, 1);
}

class JpegDecoder {
 public:
  JpegDecoder() {
    info_.err = jpeg_std_error(&manager_.base);
    manager_.base.error_exit = OnError;
    manager_.base.emit_message = OnMessage;
    progress_.progress_monitor = OnProgress;
  }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }

  /// Runs `step` and turns what libjpeg reports into an error.
  template <class Step>
  Result<void> Guarded(Step step) {
    if (setjmp(manager_.jump) != 0) {
      return DataLoss("damaged JPEG: " + std::string(manager_.message.data()));
    }
    step(info_);
    return {};
  }

  Result<void> ReadHeader(std::span<const std::byte> file) {
    return Guarded([&](jpeg_decompress_struct& info) {
      jpeg_create_decompress(&info);
      info.progress = &progress_;
      jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(file.data()),
                   file.size());
      jpeg_read_header(&info, TRUE);
      switch (info.jpeg_color_space) {
        case JCS_GRAYSCALE:
          info.out_color_space = JCS_GRAYSCALE;
          break;
        case JCS_CMYK:
        case JCS_YCCK:
          info.out_color_space = JCS_CMYK;
          break;
        default:
          info.out_color_space = JCS_RGB;
      }
      jpeg_calc_output_dimensions(&info);
    });
  }

  Result<void> ReadRows(Image& image) {
    return Guarded([&](jpeg_decompress_struct& info) {
      jpeg_start_decompress(&info);
      while (info.output_scanline < info.output_height) {
        JSAMPROW row = image.row(static_cast<int>(info.output_scanline)).data();
        jpeg_read_scanlines(&info, &row, 1);
      }
      jpeg_finish_decompress(&info);
    });
  }

  int width() const { return static_cast<int>(info_.output_width); }
  int height() const { return static_cast<int>(info_.output_height); }
  int channels() const { return info_.out_color_components; }

 private:
  jpeg_decompress_struct info_ = {};
  ErrorManager manager_ = {};
  jpeg_progress_mgr progress_ = {};
};

std::uint8_t MultiplyBytes(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t product = a * b + 128;
  return static_cast<std::uint8_t>((product + (product >> 8)) >> 8);
}

/// Files hold CMYK inverted, by Adobe's convention: 255 is no ink.
Image FromInvertedCmyk(const Image& cmyk) {
  Image rgb = MakeImage(cmyk.width, cmyk.height, 3);
  for (std::size_t i = 0; i < rgb.pixels.size() / 3; ++i) {
    const std::uint8_t* ink = &cmyk.pixels[4 * i];
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const int light = ink[3] - MultiplyBytes(255U - ink[channel], ink[3]);
      rgb.pixels[3 * i + channel] =
          static_cast<std::uint8_t>(std::clamp(light, 0, 255));
    }
  }
  return rgb;
}

}  // namespace

bool IsJpeg(std::span<const std::byte> file) {
  return file.size() >= 3 && file[0] == std::byte{0xff} &&
         file[1] == std::byte{0xd8} && file[2] == std::byte{0xff};
}

Result<Image> DecodeJpeg(std::span<const std::byte> file,
                         std::int64_t pixel_count_max) {
  JpegDecoder decoder;
  SKERRY_RETURN_IF_ERROR(decoder.ReadHeader(file));
  SKERRY_RETURN_IF_ERROR(
      CheckImageSize(decoder.width(), decoder.height(), pixel_count_max));
  Image image =
      MakeImage(decoder.width(), decoder.height(), decoder.channels());
  SKERRY_RETURN_IF_ERROR(decoder.ReadRows(image));
  return image.channels == 4 ? FromInvertedCmyk(image) : std::move(image);
}

}  // namespace skerry::media
