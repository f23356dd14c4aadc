#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "skerry/cloud/database/database_test_support.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/identity/vault.h"

namespace skerry::cloud {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

const std::string kVaultKey(32, 'k');

class AccessKeysTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(database_->Migrate(IdentityMigrations()));
    keys_ = NewKeys();
  }

  std::unique_ptr<AccessKeys> NewKeys() {
    auto keys = AccessKeys::Create(*database_, kVaultKey);
    EXPECT_TRUE(keys);
    return std::move(*keys);
  }

  ErrorCode FindError(const std::string& id) {
    const Result<AccessKey> key = keys_->Find(id);
    return key ? ErrorCode::kUnknown : key.error().code();
  }

  TestDatabase place_{GetParam()};
  std::unique_ptr<Database> database_ = place_.Open();
  std::unique_ptr<AccessKeys> keys_;
};

TEST_P(AccessKeysTest, ANewKeyLooksLikeAwss) {
  const Result<AccessKey> added = keys_->Add(Role::kDeployer, "ci");

  ASSERT_TRUE(added);
  EXPECT_THAT(added->principal.access_key_id, MatchesRegex("AKIA[A-Z2-7]{16}"));
  EXPECT_THAT(added->secret, MatchesRegex("[A-Za-z0-9+/]{40}"));
  EXPECT_EQ(added->expires, 0);
}

TEST_P(AccessKeysTest, FindGivesWhatAddMade) {
  const Result<AccessKey> added = keys_->Add(Role::kAdmin, "alice");
  ASSERT_TRUE(added);

  const std::unique_ptr<AccessKeys> other = NewKeys();
  const Result<AccessKey> found = other->Find(added->principal.access_key_id);

  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret, added->secret);
  EXPECT_EQ(found->principal.role, Role::kAdmin);
  EXPECT_EQ(found->principal.name, "alice");
  EXPECT_TRUE(found->active);
  EXPECT_EQ(FindError("AKIANONESUCH"), ErrorCode::kNotFound);
  EXPECT_EQ(FindError("' OR 1=1"), ErrorCode::kNotFound);
  EXPECT_EQ(FindError(std::string(1000, 'A')), ErrorCode::kNotFound);
}

TEST_P(AccessKeysTest, SecretsAreNotInTheDatabase) {
  const Result<AccessKey> added = keys_->Add(Role::kAdmin, "alice");
  ASSERT_TRUE(added);

  const std::string stored =
      ReadTexts(*database_, "SELECT secret FROM access_keys");

  EXPECT_THAT(stored, Not(HasSubstr(added->secret)));
  EXPECT_THAT(stored, MatchesRegex("1:[0-9a-f]+"));
}

TEST_P(AccessKeysTest, AnotherVaultKeyIsNoticedAtOnce) {
  ASSERT_TRUE(AccessKeys::Create(*database_, std::string(32, 'x')));
  ASSERT_TRUE(keys_->Add(Role::kAdmin, "alice"));

  const auto wrong = AccessKeys::Create(*database_, std::string(32, 'x'));
  const auto brief = AccessKeys::Create(*database_, "short");

  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), ErrorCode::kFailedPrecondition);
  ASSERT_FALSE(brief);
  EXPECT_EQ(brief.error().code(), ErrorCode::kInvalidArgument);
}

TEST_P(AccessKeysTest, NamesAreChecked) {
  EXPECT_FALSE(keys_->Add(Role::kViewer, ""));
  EXPECT_FALSE(keys_->Add(Role::kViewer, "a\nb"));
  EXPECT_FALSE(keys_->Add(Role::kViewer, std::string(257, 'a')));
  EXPECT_FALSE(keys_->Add(Role::kDevice, "device"));
  EXPECT_FALSE(keys_->Add(Role::kDevice, "/device"));
  EXPECT_FALSE(keys_->Add(Role::kDevice, "fleet/"));
  EXPECT_FALSE(keys_->Add(Role::kDevice, "fleet/de/vice"));
  EXPECT_TRUE(keys_->Add(Role::kDevice, "fleet-1/device-2"));
}

TEST_P(AccessKeysTest, ListTellsNoSecrets) {
  ASSERT_TRUE(keys_->Add(Role::kAdmin, "alice"));
  const Result<AccessKey> bob = keys_->Add(Role::kViewer, "bob");
  ASSERT_TRUE(bob);
  ASSERT_TRUE(keys_->AddSession(bob->principal, seconds(60)));

  const Result<std::vector<AccessKey>> list = keys_->List();

  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ(list->at(0).principal.name, "alice");
  EXPECT_EQ(list->at(1).principal.role, Role::kViewer);
  EXPECT_EQ(list->at(1).secret, "");
}

TEST_P(AccessKeysTest, ASessionHasItsParentsRoleAndGoesWithIt) {
  const Result<AccessKey> parent = keys_->Add(Role::kDeployer, "ci");
  ASSERT_TRUE(parent);
  const Result<AccessKey> session =
      keys_->AddSession(parent->principal, seconds(3600));
  ASSERT_TRUE(session);
  const Result<AccessKey> grandchild =
      keys_->AddSession(session->principal, seconds(3600));
  ASSERT_TRUE(grandchild);
  const std::string id = session->principal.access_key_id;

  EXPECT_THAT(id, MatchesRegex("ASIA[A-Z2-7]{16}"));
  EXPECT_EQ(session->principal.role, Role::kDeployer);
  EXPECT_EQ(session->expires - session->created, 3'600'000'000);
  const Result<AccessKey> found = keys_->Find(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->session_token, session->session_token);
  EXPECT_GE(found->session_token.size(), 64U);

  const std::string parent_id = parent->principal.access_key_id;
  ASSERT_TRUE(keys_->SetActive(parent_id, false));
  EXPECT_FALSE(keys_->Find(id)->active);
  EXPECT_FALSE(keys_->AddSession(parent->principal, seconds(60)));
  ASSERT_TRUE(keys_->Remove(parent_id));
  EXPECT_EQ(FindError(id), ErrorCode::kNotFound);
  EXPECT_EQ(FindError(grandchild->principal.access_key_id),
            ErrorCode::kNotFound);
}

TEST_P(AccessKeysTest, ASessionsLifetimeIsBounded) {
  const Result<AccessKey> parent = keys_->Add(Role::kDeployer, "ci");
  ASSERT_TRUE(parent);

  EXPECT_FALSE(keys_->AddSession(parent->principal, seconds(0)));
  EXPECT_FALSE(keys_->AddSession(parent->principal, std::chrono::hours(37)));
  EXPECT_FALSE(keys_->AddSession({"AKIANONE", Role::kAdmin, "x"}, seconds(60)));
}

TEST_P(AccessKeysTest, ChangesAreSeenAtOnceByWhoMadeThem) {
  const Result<AccessKey> added = keys_->Add(Role::kViewer, "bob");
  ASSERT_TRUE(added);
  const std::string id = added->principal.access_key_id;
  ASSERT_TRUE(keys_->Find(id));

  ASSERT_TRUE(keys_->SetActive(id, false));
  EXPECT_FALSE(keys_->Find(id)->active);
  ASSERT_TRUE(keys_->SetActive(id, true));
  EXPECT_TRUE(keys_->Find(id)->active);
  ASSERT_TRUE(keys_->Remove(id));
  EXPECT_EQ(FindError(id), ErrorCode::kNotFound);
  EXPECT_EQ(keys_->Remove(id).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(keys_->SetActive(id, true).error().code(), ErrorCode::kNotFound);
}

TEST_P(AccessKeysTest, FindingAKeyAgainDoesNotAskTheDatabase) {
  const Result<AccessKey> added = keys_->Add(Role::kViewer, "bob");
  ASSERT_TRUE(added);
  const std::uint64_t before = database_->counters().reads;

  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(keys_->Find(added->principal.access_key_id));
    EXPECT_EQ(FindError("AKIANONESUCH"), ErrorCode::kNotFound);
  }

  // Less than one in a hundred: the cache ends after some seconds.
  EXPECT_LT(database_->counters().reads - before, 20U);
}

TEST_P(AccessKeysTest, AChangeAndItsAuditEntryAreOne) {
  const auto audit = [](Transaction& transaction, const AccessKey& key) {
    return WriteAudit(transaction, {.access_key_id = "AKIAADMIN",
                                    .name = "alice",
                                    .peer = "10.0.0.7:1",
                                    .action = "skerry:keys:Add",
                                    .resource = key.principal.access_key_id,
                                    .outcome = "ok"});
  };
  const auto refuse = [](Transaction&, const AccessKey&) -> Result<void> {
    return Internal("no audit");
  };

  const Result<AccessKey> added = keys_->Add(Role::kViewer, "bob", audit);
  EXPECT_FALSE(keys_->Add(Role::kViewer, "carol", refuse));

  ASSERT_TRUE(added);
  EXPECT_EQ(ReadTexts(*database_, "SELECT name FROM access_keys"), "bob");
  EXPECT_EQ(ReadTexts(*database_, "SELECT resource FROM audit_log"),
            added->principal.access_key_id);
  EXPECT_FALSE(keys_->Remove(added->principal.access_key_id, refuse));
  EXPECT_TRUE(keys_->Find(added->principal.access_key_id));
}

TEST_P(AccessKeysTest, ManyThreadsMayUseThem) {
  const Result<AccessKey> added = keys_->Add(Role::kViewer, "bob");
  ASSERT_TRUE(added);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 200; ++round) {
        const Result<AccessKey> key =
            keys_->Find(added->principal.access_key_id);
        ASSERT_TRUE(key);
        EXPECT_EQ(keys_
                      ->SigningKey(*key, "20130524", "us-east-1",
                                   "s" + std::to_string(round % 3))
                      .size(),
                  32U);
        if (i == 0 && round % 50 == 0) {
          EXPECT_TRUE(keys_->SetActive(added->principal.access_key_id, true));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(AccessKeysTest, TheAuditLogIsReadInPagesFromTheNewest) {
  ASSERT_TRUE(database_->Write([](Transaction& transaction) -> Result<void> {
    for (int i = 0; i < 10; ++i) {
      SKERRY_RETURN_IF_ERROR(WriteAudit(
          transaction, {.time = 1000 + i / 3,  // some at the same moment
                        .access_key_id = "A",
                        .name = "n",
                        .peer = "p\xFF",
                        .action = "s3:PutObject",
                        .resource = std::to_string(i),
                        .outcome = "ok"}));
    }
    return {};
  }));

  std::string order;
  std::int64_t before = 0;
  std::string before_id;
  while (true) {
    const auto page = ReadAudit(*database_, 4, before, before_id);
    ASSERT_TRUE(page);
    if (page->empty()) break;
    for (const AuditEntry& entry : *page) order += entry.resource;
    before = page->back().time;
    before_id = page->back().id;
  }

  EXPECT_EQ(order, "9876543210");
  EXPECT_EQ(ReadAudit(*database_, 1, 0)->at(0).peer, "p\\xff");
}

INSTANTIATE_TEST_SUITE_P(Engines, AccessKeysTest,
                         testing::Values("sqlite", "postgresql"),
                         [](const auto& parameter) { return parameter.param; });

TEST(VaultTest, OpensOnlyItsOwnTextForItsOwner) {
  const Result<Vault> vault = Vault::Create(std::string(32, 'k'));
  const Result<Vault> other = Vault::Create(std::string(32, 'l'));
  ASSERT_TRUE(vault && other);

  const std::string sealed = vault->Seal("secret", "AKIA1");

  EXPECT_EQ(vault->Open(sealed, "AKIA1"), "secret");
  EXPECT_NE(vault->Seal("secret", "AKIA1"), sealed);
  EXPECT_FALSE(vault->Open(sealed, "AKIA2"));
  EXPECT_FALSE(other->Open(sealed, "AKIA1"));
  EXPECT_EQ(vault->Open(vault->Seal("", "A"), "A"), "");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(vault->Open(changed, "AKIA1")) << i;
    EXPECT_FALSE(vault->Open(sealed.substr(0, i), "AKIA1")) << i;
  }
}

}  // namespace
}  // namespace skerry::cloud
