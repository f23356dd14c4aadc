#include "skerry/cloud/service/data_folder.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"
#include "skerry/platform/folder.h"
#include "skerry/platform/random.h"

namespace skerry::cloud {
namespace {

using platform::Quoted;

constexpr std::size_t kVaultKeyBytes = 32;
constexpr std::size_t kSettingsBytesMax = std::size_t{64} << 10;

std::string VaultKeyFile(const std::string& path) {
  return path + "/keys/vault.key";
}

Result<void> MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return platform::ErrnoError(errno, Quoted(path));
  }
  if (chmod(path.c_str(), 0700) != 0) {
    return platform::ErrnoError(errno, Quoted(path));
  }
  return {};
}

/// A new file on the disk, with `mode` from its first moment on.
Result<void> WriteNewFile(const std::string& path, std::string_view content,
                          mode_t mode) {
  const platform::FileDescriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.open()) return platform::ErrnoError(errno, Quoted(path));
  while (!content.empty()) {
    const ssize_t count = write(file.number(), content.data(), content.size());
    if (count < 0) return platform::ErrnoError(errno, Quoted(path));
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  if (fchmod(file.number(), mode) != 0 || fsync(file.number()) != 0) {
    return platform::ErrnoError(errno, Quoted(path));
  }
  return {};
}

Result<void> FlushFolder(const std::string& path) {
  const platform::FileDescriptor folder(
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.open() || fsync(folder.number()) != 0) {
    return platform::ErrnoError(errno, Quoted(path));
  }
  return {};
}

std::string Hex(std::span<const unsigned char> bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Result<std::string> ParseHex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) break;
    bytes += static_cast<char>(high * 16 + low);
  }
  if (text.size() != 2 * kVaultKeyBytes || bytes.size() != kVaultKeyBytes) {
    return InvalidArgument("want 64 hexadecimal digits");
  }
  return bytes;
}

struct KeyPair {
  std::string private_pem;
  std::string public_pem;
};

Result<KeyPair> MakeSigningKey() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
  const Bio secret(BIO_new(BIO_s_mem()), &BIO_free);
  const Bio open(BIO_new(BIO_s_mem()), &BIO_free);
  if (key == nullptr || secret == nullptr || open == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(secret.get(), key.get(), nullptr, nullptr,
                                    0, nullptr, nullptr) != 1 ||
      PEM_write_bio_PUBKEY(open.get(), key.get()) != 1) {
    return Internal("OpenSSL makes no Ed25519 key");
  }
  const auto text = [](BIO* bio) {
    char* data = nullptr;
    const long bytes = BIO_get_mem_data(bio, &data);
    return std::string(data, static_cast<std::size_t>(bytes));
  };
  return KeyPair{text(secret.get()), text(open.get())};
}

/// The folder is new, or empty.
Result<void> CheckFree(const DataFolder& folder) {
  std::error_code fault;
  if (std::filesystem::exists(folder.settings_file(), fault)) {
    return AlreadyExists("folder " + Quoted(folder.path) +
                         " holds a control plane already; serve it, or "
                         "choose another folder");
  }
  if (!std::filesystem::exists(folder.path, fault)) return {};
  const auto status = std::filesystem::status(folder.path, fault);
  // What a start that was cut off left behind may be replaced by hand only.
  if (!std::filesystem::is_directory(status) ||
      !std::filesystem::is_empty(folder.path, fault)) {
    return InvalidArgument("folder " + Quoted(folder.path) +
                           " is not empty; choose another one");
  }
  return {};
}

}  // namespace

Result<void> DataFolder::Make() const {
  SKERRY_RETURN_IF_ERROR(CheckFree(*this));
  SKERRY_RETURN_IF_ERROR(platform::MakeFolders(path));
  for (const std::string& part :
       {path, path + "/keys", objects(), work(), trust_roots()}) {
    SKERRY_RETURN_IF_ERROR(MakeFolder(part));
  }
  std::array<unsigned char, kVaultKeyBytes> vault_key = {};
  platform::FillRandom(std::as_writable_bytes(std::span(vault_key)));
  SKERRY_RETURN_IF_ERROR(
      WriteNewFile(VaultKeyFile(path), Hex(vault_key) + "\n", 0600));
  SKERRY_ASSIGN_OR_RETURN(const KeyPair signing, MakeSigningKey());
  SKERRY_RETURN_IF_ERROR(
      WriteNewFile(signing_key_file(), signing.private_pem, 0600));
  // Agents take no key that could be written to.
  SKERRY_RETURN_IF_ERROR(
      WriteNewFile(trust_roots() + "/signing.pem", signing.public_pem, 0444));
  SKERRY_RETURN_IF_ERROR(FlushFolder(path + "/keys"));
  SKERRY_RETURN_IF_ERROR(FlushFolder(trust_roots()));
  return {};
}

Result<void> DataFolder::Finish() const {
  const nlohmann::ordered_json settings = {{"region", region},
                                           {"public_url", public_url},
                                           {"database", database_url}};
  // It may hold the password of a database.
  const std::string fresh = settings_file() + ".new";
  SKERRY_RETURN_IF_ERROR(platform::RemoveFile(fresh));
  SKERRY_RETURN_IF_ERROR(WriteNewFile(fresh, settings.dump(2) + "\n", 0600));
  if (rename(fresh.c_str(), settings_file().c_str()) != 0) {
    return platform::ErrnoError(errno, Quoted(settings_file()));
  }
  return FlushFolder(path);
}

Result<DataFolder> DataFolder::Open(const std::string& path) {
  DataFolder folder;
  folder.path = path;
  auto text = platform::ReadTextFile(folder.settings_file(), kSettingsBytesMax);
  if (!text && text.error().code() == ErrorCode::kNotFound) {
    return NotFound("folder " + Quoted(path) +
                    " holds no control plane; make one by: skerry-cloud init "
                    "--data " +
                    path);
  }
  if (!text) return text.error();
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  for (const auto& [name, place] :
       {std::pair("region", &folder.region),
        std::pair("public_url", &folder.public_url),
        std::pair("database", &folder.database_url)}) {
    if (!json.is_object() || !json.contains(name) || !json[name].is_string()) {
      return InvalidArgument(Quoted(folder.settings_file()) + ": want '" +
                             name + "' with a text");
    }
    *place = json[name].get<std::string>();
  }
  return folder;
}

Result<std::string> DataFolder::ReadVaultKey() const {
  const std::string file = VaultKeyFile(path);
  struct stat status = {};
  if (stat(file.c_str(), &status) != 0) {
    return platform::ErrnoError(errno, Quoted(file));
  }
  if ((status.st_mode & 077) != 0) {
    return PermissionDenied(
        Quoted(file) + " may be read by others; mend it by: chmod 600 " + file);
  }
  SKERRY_ASSIGN_OR_RETURN(const std::string text,
                          platform::ReadTextFile(file, kSettingsBytesMax));
  auto key = ParseHex(text);
  if (!key) return key.error().WithContext(Quoted(file));
  return key;
}

}  // namespace skerry::cloud
