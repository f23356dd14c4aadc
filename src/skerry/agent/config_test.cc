#include "skerry/agent/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace skerry::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

AgentConfig Parsed(std::string_view text) {
  AgentConfig config;
  std::vector<std::string> ignored;
  const auto parsed = ParseAgentConfig(text, config, ignored);
  EXPECT_TRUE(parsed) << parsed.error().message();
  return config;
}

std::string FaultOf(std::string_view text) {
  AgentConfig config;
  std::vector<std::string> ignored;
  const auto parsed = ParseAgentConfig(text, config, ignored);
  EXPECT_FALSE(parsed);
  return parsed ? "" : parsed.error().message();
}

TEST(AgentConfigTest, AConfigurationOfEdgeManagersAgentIsRead) {
  const AgentConfig config = Parsed(R"({
    "sagemaker_edge_core_device_name": "device1",
    "sagemaker_edge_core_device_fleet_name": "fleet1",
    "sagemaker_edge_core_region": "us-west-2",
    "sagemaker_edge_core_root_certs_path": "/etc/certificates",
    "sagemaker_edge_core_folder_prefix": "prefix",
    "sagemaker_edge_core_capture_data_destination": "Cloud",
    "sagemaker_edge_core_capture_data_buffer_size": 30,
    "sagemaker_edge_core_capture_data_batch_size": 10,
    "sagemaker_edge_core_capture_data_push_period_seconds": 4000,
    "sagemaker_edge_core_capture_data_base64_embed_limit": 2000,
    "sagemaker_edge_provider_provider": "Aws",
    "sagemaker_edge_provider_s3_bucket_name": "sagemaker-bucket",
    "sagemaker_edge_provider_aws_iot_cred_endpoint": "https://c/credentials",
    "sagemaker_edge_log_verbose": false
  })");

  EXPECT_EQ(config.capture.device_name, "device1");
  EXPECT_EQ(config.capture.fleet_name, "fleet1");
  EXPECT_EQ(config.provider.region, "us-west-2");
  EXPECT_EQ(config.trust_roots, "/etc/certificates");
  EXPECT_TRUE(config.captures);
  EXPECT_EQ(config.capture.destination, CaptureOptions::Destination::kCloud);
  EXPECT_EQ(config.capture.buffer_size, 30u);
  EXPECT_EQ(config.capture.push_period, std::chrono::seconds(4000));
  EXPECT_EQ(config.capture.bucket, "sagemaker-bucket");
  EXPECT_EQ(config.provider.credential_url, "https://c/credentials");
}

TEST(AgentConfigTest, NumbersAndTruthValuesMayBeStrings) {
  const AgentConfig config = Parsed(R"({
    "sagemaker_edge_core_capture_data_buffer_size": "45",
    "sagemaker_edge_core_capture_data_periodic_upload": "true"})");

  EXPECT_EQ(config.capture.buffer_size, 45u);
  EXPECT_TRUE(config.capture.periodic_upload);
}

TEST(AgentConfigTest, KeysWithoutMeaningAreReported) {
  AgentConfig config;
  std::vector<std::string> ignored;

  ASSERT_TRUE(ParseAgentConfig(
      R"({"sagemaker_edge_provider_provider_path": "/lib.so", "x": 1})", config,
      ignored));

  EXPECT_THAT(ignored,
              ElementsAre("sagemaker_edge_provider_provider_path", "x"));
}

TEST(AgentConfigTest, AnUnknownKeyOfOursIsRefused) {
  EXPECT_THAT(FaultOf(R"({"skerry_sokcet": "x"})"),
              HasSubstr("there is no key 'skerry_sokcet'"));
}

TEST(AgentConfigTest, AFaultNamesKeyFoundAndWanted) {
  EXPECT_EQ(FaultOf(R"({"skerry_drain_seconds": -1})"),
            "'skerry_drain_seconds': got -1, want an integer from 0 to 3600");
  EXPECT_EQ(FaultOf(R"({"skerry_isolate": "maybe"})"),
            "'skerry_isolate': got \"maybe\", want true or false");
  EXPECT_EQ(FaultOf(R"({"skerry_socket_mode": "0999"})"),
            "'skerry_socket_mode': got \"0999\", want octal permissions such "
            "as \"0660\"");
  EXPECT_EQ(
      FaultOf(
          R"({"sagemaker_edge_core_capture_data_base64_embed_limit": 4000})"),
      "'sagemaker_edge_core_capture_data_base64_embed_limit': got 4000, want "
      "an integer from 0 to 3072");
}

TEST(AgentConfigTest, WhatIsNoJsonObjectIsRefused) {
  EXPECT_EQ(FaultOf("{"), "it is no JSON");
  EXPECT_EQ(FaultOf("[]"), "got [], want a JSON object");
}

TEST(AgentConfigTest, UsersAndGroupsHaveNamesOrNumbers) {
  const AgentConfig config = Parsed(
      R"({"skerry_users_allowed": ["root", 1000, "33"],
          "skerry_groups_allowed": ["root"]})");

  EXPECT_THAT(config.users_allowed, ElementsAre(0u, 1000u, 33u));
  EXPECT_THAT(config.groups_allowed, ElementsAre(0u));
  EXPECT_THAT(FaultOf(R"({"skerry_users_allowed": ["no-such-user"]})"),
              HasSubstr("there is no user 'no-such-user'"));
}

TEST(AgentConfigTest, ModelsTakeTheDefaultsWhereverThoseStand) {
  const AgentConfig config = Parsed(R"({
    "skerry_models": [{"name": "a", "path": "/m/a", "queue": 7},
                      {"name": "b", "path": ["/m/b1", "/m/b2"]}],
    "skerry_model_defaults": {"instances": 3}})");

  ASSERT_EQ(config.models.size(), 2u);
  EXPECT_EQ(config.models[0].configuration.options.instance_count, 3);
  EXPECT_EQ(config.models[0].configuration.options.queue_length, 7u);
  EXPECT_THAT(config.models[1].paths, ElementsAre("/m/b1", "/m/b2"));
}

TEST(AgentConfigTest, AFaultyModelIsNamedByItsPlace) {
  EXPECT_EQ(FaultOf(R"({"skerry_models": [{"name": "a"}]})"),
            "'skerry_models': entry 0: 'path' is missing");
}

}  // namespace
}  // namespace skerry::agent
