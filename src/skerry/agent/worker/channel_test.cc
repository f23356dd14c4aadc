#include "skerry/agent/worker/channel.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "skerry/agent/worker/worker_start.h"
#include "skerry/runtime/model_test_support.h"

namespace skerry::agent {
namespace {

using ReplyBuffer = std::array<std::byte, kWorkerReplyBytesMax>;

TEST(ChannelTest, RequestsAndAnswersComeBackAsTheyWere) {
  EXPECT_EQ(DecodeRequest(EncodeRequest(77)).value(), 77U);
  ReplyBuffer buffer{};

  const WorkerReply good =
      DecodeReply(EncodeReply({5, std::string_view("text")}, buffer)).value();
  EXPECT_EQ(good.number, 5U);
  EXPECT_EQ(good.outcome.value(), "text");

  const WorkerReply bad =
      DecodeReply(EncodeReply({6, NotFound("no model")}, buffer)).value();
  EXPECT_EQ(bad.number, 6U);
  ASSERT_FALSE(bad.outcome.has_value());
  EXPECT_EQ(bad.outcome.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(bad.outcome.error().message(), "no model");
}

TEST(ChannelTest, LongTextsAreCut) {
  ReplyBuffer buffer{};
  const std::string text(10'000, 't');
  const WorkerReply reply =
      DecodeReply(EncodeReply({1, Internal(text)}, buffer)).value();
  EXPECT_EQ(reply.outcome.error().message(), text.substr(0, 4096));
}

TEST(ChannelTest, WhatIsNoMessageIsRefused) {
  ReplyBuffer buffer{};
  EXPECT_FALSE(DecodeRequest({}).has_value());
  EXPECT_FALSE(DecodeRequest(buffer).has_value());
  EXPECT_FALSE(DecodeReply({}).has_value());
  EXPECT_FALSE(DecodeReply(std::span(buffer).first(8)).has_value());
  buffer[8] = std::byte{17};  // there is no such status
  EXPECT_FALSE(DecodeReply(std::span(buffer).first(9)).has_value());
  EXPECT_FALSE(DecodeReply(std::vector<std::byte>(kWorkerReplyBytesMax + 1))
                   .has_value());
}

TEST(ChannelTest, TensorsAreAlignedAndApart) {
  const Manifest manifest = runtime::TestManifest();
  const ChannelLayout layout = LayOut(manifest);

  std::size_t end = 0;
  for (const auto* parts : {&layout.inputs, &layout.outputs}) {
    for (const ChannelLayout::Part& part : *parts) {
      EXPECT_EQ(part.offset % 64, 0U);
      EXPECT_GE(part.offset, end);
      end = part.offset + part.byte_count;
    }
  }
  EXPECT_EQ(layout.inputs.size(), 2U);
  EXPECT_EQ(layout.outputs[1].byte_count, 8U);
  EXPECT_GE(layout.byte_count, end);
  EXPECT_GT(LayOut(Manifest()).byte_count, 0U);
}

TEST(ChannelTest, ModelsThatDifferHaveDifferentFingerprints) {
  Manifest manifest = runtime::TestManifest();
  const std::string fingerprint = FingerprintOf(manifest);
  EXPECT_EQ(FingerprintOf(manifest), fingerprint);
  manifest.source_digest = "sha256:1";
  EXPECT_NE(FingerprintOf(manifest), fingerprint);
}

TEST(WorkerStartTest, ArgumentsComeBackAsTheyWere) {
  const auto words = PrintWorkerArguments({"/m o,d", 4, {0, 12}});
  EXPECT_EQ(words[0], "--worker");
  const WorkerStart start =
      ParseWorkerArguments(std::span(words).subspan(1)).value();
  EXPECT_EQ(start.model_path, "/m o,d");
  EXPECT_EQ(start.thread_count, 4);
  EXPECT_EQ(start.cores, (std::vector<int>{0, 12}));
}

TEST(WorkerStartTest, OtherArgumentsAreRefused) {
  const std::vector<std::vector<std::string>> bad = {{},
                                                     {"m", "1"},
                                                     {"m", "x", ""},
                                                     {"m", "-1", ""},
                                                     {"m", "", ""},
                                                     {"m", "1", "x"},
                                                     {"m", "1", "0,,1"},
                                                     {"m", "1", ",0"}};
  for (const auto& arguments : bad) {
    EXPECT_FALSE(ParseWorkerArguments(arguments).has_value());
  }
}

}  // namespace
}  // namespace skerry::agent
