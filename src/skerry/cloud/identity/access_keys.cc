#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "skerry/aws/sigv4.h"
#include "skerry/cloud/identity/authorization_parts.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/identity/vault.h"
#include "skerry/platform/random.h"

namespace skerry::cloud {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kCacheLifetime{3};
constexpr std::size_t kCachedKeysMax = 16'384;
constexpr std::size_t kCachedSigningKeysMax = 4'096;
constexpr std::size_t kKeyIdBytesMax = 128;
constexpr std::size_t kNameBytesMax = 256;

// Each character is as likely as any other: the alphabets' sizes divide 256.
std::string RandomText(std::string_view alphabet, std::size_t count) {
  std::string text(count, '\0');
  platform::FillRandom(std::as_writable_bytes(std::span(text)));
  for (char& c : text) {
    c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
  }
  return text;
}

std::string NewKeyId(std::string_view prefix) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return std::string(prefix).append(RandomText(kAlphabet, 16));
}

std::string NewSecret(std::size_t count) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return RandomText(kAlphabet, count);
}

// As SageMaker has fleets and devices: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}
bool IsEntityName(std::string_view name) {
  constexpr std::size_t kBytesMax = 63;
  return !name.empty() && name.size() <= kBytesMax &&
         IsAlphanumeric(name.front()) && IsAlphanumeric(name.back()) &&
         std::ranges::all_of(
             name, [](char c) { return IsAlphanumeric(c) || c == '-'; });
}

Result<void> CheckName(Role role, std::string_view name) {
  const bool printable =
      std::ranges::all_of(name, [](char c) { return c >= 0x20 && c < 0x7F; });
  if (name.empty() || name.size() > kNameBytesMax || !printable) {
    return InvalidArgument("name of a key: want 1 to " +
                           std::to_string(kNameBytesMax) +
                           " printable ASCII characters");
  }
  const std::size_t slash = std::min(name.find('/'), name.size() - 1);
  if (role == Role::kDevice && (!IsEntityName(name.substr(0, slash)) ||
                                !IsEntityName(name.substr(slash + 1)))) {
    return InvalidArgument(
        "name of a device's key: want 'FLEET/DEVICE', got '" +
        std::string(name) + "'");
  }
  return {};
}

Error NoSuchKey(std::string_view access_key_id) {
  return NotFound("no access key '" + std::string(access_key_id) + "'");
}

constexpr std::string_view kColumns =
    "SELECT id, role, name, secret, token, created, expires, active "
    "FROM access_keys ";

// The lasting key behind `access_key_id`, which may be a session's.
Result<std::string> ReadRoot(Transaction& transaction,
                             const std::string& access_key_id) {
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      transaction.Query(
          "SELECT parent FROM access_keys WHERE id = $1 AND active = 1",
          std::vector<SqlValue>{access_key_id}));
  if (rows.empty()) return NoSuchKey(access_key_id);
  const std::string& parent = TextOf(rows[0][0]);
  return parent.empty() ? access_key_id : parent;
}

class StoredAccessKeys final : public AccessKeys {
 public:
  StoredAccessKeys(Database& database, Vault vault)
      : database_(database), vault_(std::move(vault)) {}

  Result<void> CheckVault();

  Result<AccessKey> Add(Role role, const std::string& name,
                        const Also& also) override;
  Result<AccessKey> AddSession(const Principal& principal,
                               std::chrono::seconds lifetime,
                               const Also& also) override;
  Result<AccessKey> Find(std::string_view access_key_id) override;
  Result<std::vector<AccessKey>> List() override;
  Result<void> SetActive(const std::string& access_key_id, bool active,
                         const Also& also) override;
  Result<void> Remove(const std::string& access_key_id,
                      const Also& also) override;
  std::string SigningKey(const AccessKey& key, std::string_view date,
                         std::string_view region,
                         std::string_view service) override;

 private:
  // A key, or that there is none, and until when to believe it.
  struct Cached {
    std::optional<AccessKey> key;
    steady_clock::time_point end;
  };

  Result<void> Insert(Transaction& transaction, const AccessKey& key,
                      const std::string& parent) const;
  Result<AccessKey> FromRow(const SqlRow& row) const;
  Result<std::optional<AccessKey>> ReadKey(std::string_view access_key_id);
  Result<void> Change(const std::string& access_key_id, std::string_view sql,
                      const Also& also);
  void Forget();

  Database& database_;
  const Vault vault_;

  std::shared_mutex mutex_;
  std::unordered_map<std::string, Cached> cache_;
  std::uint64_t generation_ = 0;  // of changes made here

  std::shared_mutex signing_mutex_;
  std::unordered_map<std::string, std::string> signing_keys_;
};

Result<void> StoredAccessKeys::CheckVault() {
  return database_.Read([&](Transaction& transaction) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(
        const std::vector<SqlRow> rows,
        transaction.Query(std::string(kColumns) + "LIMIT 1", {}));
    if (!rows.empty()) SKERRY_RETURN_IF_ERROR(FromRow(rows[0]));
    return {};
  });
}

Result<void> StoredAccessKeys::Insert(Transaction& transaction,
                                      const AccessKey& key,
                                      const std::string& parent) const {
  const std::string& id = key.principal.access_key_id;
  SKERRY_RETURN_IF_ERROR(transaction.Execute(
      "INSERT INTO access_keys (id, role, name, secret, token, parent, "
      "created, "
      "expires, active) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)",
      std::vector<SqlValue>{
          id, std::string(RoleName(key.principal.role)), key.principal.name,
          vault_.Seal(key.secret, id),
          key.session_token.empty() ? "" : vault_.Seal(key.session_token, id),
          parent, key.created, key.expires}));
  return {};
}

Result<AccessKey> StoredAccessKeys::FromRow(const SqlRow& row) const {
  AccessKey key;
  key.principal.access_key_id = TextOf(row[0]);
  SKERRY_ASSIGN_OR_RETURN(key.principal.role, ParseRole(TextOf(row[1])));
  key.principal.name = TextOf(row[2]);
  SKERRY_ASSIGN_OR_RETURN(
      key.secret, vault_.Open(TextOf(row[3]), key.principal.access_key_id));
  if (!TextOf(row[4]).empty()) {
    SKERRY_ASSIGN_OR_RETURN(
        key.session_token,
        vault_.Open(TextOf(row[4]), key.principal.access_key_id));
  }
  key.created = IntOf(row[5]);
  key.expires = IntOf(row[6]);
  key.active = IntOf(row[7]) != 0;
  return key;
}

Result<AccessKey> StoredAccessKeys::Add(Role role, const std::string& name,
                                        const Also& also) {
  constexpr std::size_t kSecretBytes = 40;
  SKERRY_RETURN_IF_ERROR(CheckName(role, name));
  AccessKey key;
  key.principal = {NewKeyId("AKIA"), role, name};
  key.secret = NewSecret(kSecretBytes);
  key.created = NowMicros();
  SKERRY_RETURN_IF_ERROR(
      database_.Write([&](Transaction& transaction) -> Result<void> {
        SKERRY_RETURN_IF_ERROR(Insert(transaction, key, ""));
        return also ? also(transaction, key) : Result<void>();
      }));
  return key;
}

Result<AccessKey> StoredAccessKeys::AddSession(const Principal& principal,
                                               std::chrono::seconds lifetime,
                                               const Also& also) {
  constexpr std::size_t kSecretBytes = 40;
  constexpr std::size_t kTokenBytes = 128;
  if (lifetime.count() < 1 || lifetime > kSessionLifetimeMax) {
    return InvalidArgument("lifetime of a session: want 1 to " +
                           std::to_string(kSessionLifetimeMax.count()) +
                           " seconds");
  }
  AccessKey key;
  key.principal = {NewKeyId("ASIA"), principal.role, principal.name};
  key.secret = NewSecret(kSecretBytes);
  key.session_token = NewSecret(kTokenBytes);
  key.created = NowMicros();
  key.expires = key.created + std::chrono::microseconds(lifetime).count();
  SKERRY_RETURN_IF_ERROR(
      database_.Write([&](Transaction& transaction) -> Result<void> {
        // Sessions that have ended go when new ones come.
        SKERRY_RETURN_IF_ERROR(transaction.Execute(
            "DELETE FROM access_keys WHERE expires > 0 AND expires < $1",
            std::vector<SqlValue>{key.created}));
        SKERRY_ASSIGN_OR_RETURN(const std::string parent,
                                ReadRoot(transaction, principal.access_key_id));
        SKERRY_RETURN_IF_ERROR(Insert(transaction, key, parent));
        return also ? also(transaction, key) : Result<void>();
      }));
  return key;
}

Result<std::optional<AccessKey>> StoredAccessKeys::ReadKey(
    std::string_view access_key_id) {
  std::optional<AccessKey> key;
  SKERRY_RETURN_IF_ERROR(
      database_.Read([&](Transaction& transaction) -> Result<void> {
        SKERRY_ASSIGN_OR_RETURN(
            const std::vector<SqlRow> rows,
            transaction.Query(
                std::string(kColumns) + "WHERE id = $1",
                std::vector<SqlValue>{std::string(access_key_id)}));
        if (rows.empty()) return {};
        SKERRY_ASSIGN_OR_RETURN(key, FromRow(rows[0]));
        return {};
      }));
  return key;
}

Result<AccessKey> StoredAccessKeys::Find(std::string_view access_key_id) {
  if (access_key_id.empty() || access_key_id.size() > kKeyIdBytesMax ||
      !std::ranges::all_of(access_key_id, IsAlphanumeric)) {
    return NoSuchKey("");
  }
  const std::string id(access_key_id);
  const steady_clock::time_point now = steady_clock::now();
  std::uint64_t generation = 0;
  {
    const std::shared_lock lock(mutex_);
    generation = generation_;
    const auto known = cache_.find(id);
    if (known != cache_.end() && now < known->second.end) {
      if (known->second.key) return *known->second.key;
      return NoSuchKey(id);
    }
  }
  SKERRY_ASSIGN_OR_RETURN(const std::optional<AccessKey> key, ReadKey(id));
  {
    const std::scoped_lock lock(mutex_);
    // Whoever sends made-up ids fills the cache and no more.
    if (cache_.size() >= kCachedKeysMax) cache_.clear();
    // What was read before a change must not outlive it.
    if (generation == generation_) cache_[id] = {key, now + kCacheLifetime};
  }
  if (!key) return NoSuchKey(id);
  return *key;
}

Result<std::vector<AccessKey>> StoredAccessKeys::List() {
  std::vector<SqlRow> rows;
  SKERRY_RETURN_IF_ERROR(
      database_.Read([&](Transaction& transaction) -> Result<void> {
        SKERRY_ASSIGN_OR_RETURN(
            rows,
            transaction.Query(std::string(kColumns) +
                                  "WHERE parent = '' ORDER BY created, id",
                              {}));
        return {};
      }));
  std::vector<AccessKey> keys;
  for (const SqlRow& row : rows) {
    SKERRY_ASSIGN_OR_RETURN(AccessKey key, FromRow(row));
    key.secret.clear();
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<void> StoredAccessKeys::SetActive(const std::string& access_key_id,
                                         bool active, const Also& also) {
  return Change(access_key_id,
                active ? "UPDATE access_keys SET active = 1 "
                         "WHERE id = $1 OR parent = $1"
                       : "UPDATE access_keys SET active = 0 "
                         "WHERE id = $1 OR parent = $1",
                also);
}

Result<void> StoredAccessKeys::Remove(const std::string& access_key_id,
                                      const Also& also) {
  return Change(access_key_id,
                "DELETE FROM access_keys WHERE id = $1 OR parent = $1", also);
}

Result<void> StoredAccessKeys::Change(const std::string& access_key_id,
                                      std::string_view sql, const Also& also) {
  const Result<void> changed =
      database_.Write([&](Transaction& transaction) -> Result<void> {
        const std::vector<SqlValue> parameters = {access_key_id};
        SKERRY_ASSIGN_OR_RETURN(
            const std::vector<SqlRow> rows,
            transaction.Query(std::string(kColumns) + "WHERE id = $1",
                              parameters));
        if (rows.empty()) return NoSuchKey(access_key_id);
        SKERRY_RETURN_IF_ERROR(transaction.Execute(sql, parameters));
        if (!also) return {};
        SKERRY_ASSIGN_OR_RETURN(AccessKey key, FromRow(rows[0]));
        key.secret.clear();
        return also(transaction, key);
      });
  Forget();
  return changed;
}

// Changes are rare, so all goes.
void StoredAccessKeys::Forget() {
  const std::scoped_lock lock(mutex_);
  cache_.clear();
  ++generation_;
}

std::string StoredAccessKeys::SigningKey(const AccessKey& key,
                                         std::string_view date,
                                         std::string_view region,
                                         std::string_view service) {
  std::string name = key.principal.access_key_id;
  // '/' is in none of them.
  name.append("/").append(date).append("/").append(region);
  name.append("/").append(service);
  {
    const std::shared_lock lock(signing_mutex_);
    const auto known = signing_keys_.find(name);
    if (known != signing_keys_.end()) return known->second;
  }
  std::string made = aws::SigningKey(
      key.secret,
      {std::string(date), std::string(region), std::string(service)});
  const std::scoped_lock lock(signing_mutex_);
  if (signing_keys_.size() >= kCachedSigningKeysMax) signing_keys_.clear();
  signing_keys_[std::move(name)] = made;
  return made;
}

}  // namespace

Result<std::unique_ptr<AccessKeys>> AccessKeys::Create(Database& database,
                                                       std::string vault_key) {
  SKERRY_ASSIGN_OR_RETURN(Vault vault, Vault::Create(std::move(vault_key)));
  auto keys = std::make_unique<StoredAccessKeys>(database, std::move(vault));
  SKERRY_RETURN_IF_ERROR(keys->CheckVault());
  return keys;
}

}  // namespace skerry::cloud
