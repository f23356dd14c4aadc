#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/cloud/s3/range.h"
#include "skerry/cloud/s3/target.h"
#include "skerry/cloud/s3/times.h"
#include "skerry/cloud/s3/xml.h"

namespace skerry::cloud {
namespace {

S3Target Parse(std::string_view target, std::string_view host = "127.0.0.1") {
  const auto parsed = ParseS3Target(target, host, {"localhost", "s.example"});
  EXPECT_TRUE(parsed.has_value()) << target;
  return parsed.value_or(S3Target{});
}

TEST(S3TargetTest, PathAndHostNameTheBucket) {
  EXPECT_EQ(Parse("/b/k/x").bucket, "b");
  EXPECT_EQ(Parse("/b/k/x").key, "k/x");
  EXPECT_EQ(Parse("/b").key, "");
  EXPECT_EQ(Parse("/").bucket, "");
  EXPECT_EQ(Parse("/k/x", "my.b.localhost:80").bucket, "my.b");
  EXPECT_EQ(Parse("/k/x", "my.b.localhost:80").key, "k/x");
  EXPECT_EQ(Parse("/k", "b.s3.s.example").bucket, "b");
  EXPECT_EQ(Parse("/b/k", "s3.s.example").bucket, "b");
  EXPECT_EQ(Parse("/b/k", "s.example").bucket, "b");
  EXPECT_EQ(Parse("/b/k", "other.example").bucket, "b");
}

TEST(S3TargetTest, KeysAreDecodedOnceAndNeverNormalised) {
  EXPECT_EQ(Parse("/b/../x").key, "../x");
  EXPECT_EQ(Parse("/b//a//").key, "/a//");
  EXPECT_EQ(Parse("/b/%2e%2E%2f%25%41+").key, "../%A+");
  EXPECT_EQ(Parse("/b/k?a=x+y%26&b&c=1=2").parameter("a"), "x y&");
  EXPECT_TRUE(Parse("/b/k?a&b").has("b"));
  EXPECT_EQ(Parse("/b/k?c=1=2").parameter("c"), "1=2");
}

TEST(S3TargetTest, WhatIsNoTargetIsRefused) {
  for (const char* const bad :
       {"/b/%", "/b/%4", "/b/%zz", "/b/%00", "/b/%ff", "//k", "b/k", "/b?%"}) {
    EXPECT_FALSE(ParseS3Target(bad, "h", {}).has_value()) << bad;
  }
  EXPECT_TRUE(
      ParseS3Target("/b/" + std::string(1024, 'k'), "h", {}).has_value());
  EXPECT_EQ(ParseS3Target("/b/" + std::string(1025, 'k'), "h", {}).error().code,
            "KeyTooLongError");
}

TEST(S3TargetTest, ACopysSourceIsDecoded) {
  const auto source = ParseCopySource("/b/a%2Fb%3Fc?versionId=v1");
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->bucket, "b");
  EXPECT_EQ(source->key, "a/b?c");
  EXPECT_EQ(source->version_id, "v1");
  for (const char* const bad : {"", "b", "b/", "/", "/b/%"}) {
    EXPECT_FALSE(ParseCopySource(bad).has_value()) << bad;
  }
}

TEST(S3TargetTest, CountsHaveALimit) {
  EXPECT_EQ(*ParseCount("n", "", 7, 10), 7);
  EXPECT_EQ(*ParseCount("n", "3", 7, 10), 3);
  EXPECT_EQ(*ParseCount("n", "99999999999999999999", 7, 10), 10);
  for (const char* const bad : {"-1", "x", "1x", " 1", "-99999999999999999"}) {
    EXPECT_FALSE(ParseCount("n", bad, 7, 10).has_value()) << bad;
  }
}

TEST(S3RangeTest, RangesAreCutAtTheEnd) {
  const auto range = ParseRange("bytes=2-100", 10);
  ASSERT_TRUE(range.has_value() && range->has_value());
  EXPECT_EQ((*range)->offset, 2U);
  EXPECT_EQ((*range)->byte_count, 8U);
  EXPECT_EQ(ContentRange(**range, 10), "bytes 2-9/10");
  EXPECT_EQ((*ParseRange("bytes=-3", 10))->offset, 7U);
  EXPECT_EQ((*ParseRange("bytes=9-", 10))->byte_count, 1U);
}

TEST(S3RangeTest, WhatIsNoRangeMeansAll) {
  for (const char* const text :
       {"", "bytes=", "bytes=-", "bytes=5-3", "bytes=0-1,3-4", "items=0-1",
        "bytes=a-b", "bytes=0-99999999999999999999999"}) {
    const auto range = ParseRange(text, 10);
    ASSERT_TRUE(range.has_value()) << text;
    EXPECT_FALSE(range->has_value()) << text;
  }
  for (const char* const text : {"bytes=10-", "bytes=-0"}) {
    EXPECT_EQ(ParseRange(text, 10).error().code, "InvalidRange");
  }
}

TEST(S3TimesTest, DatesAreThoseOfHttp) {
  EXPECT_EQ(HttpTime(784111777'000'000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(IsoTime(784111777'123'456), "1994-11-06T08:49:37.123Z");
  for (const char* const text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(ParseHttpTime(text), 784111777) << text;
  }
  EXPECT_FALSE(ParseHttpTime("yesterday"));
}

TEST(S3XmlTest, TextIsEscaped) {
  XmlWriter xml("R");
  xml.Add("K", "<a&b>\"\n\x01");

  EXPECT_THAT(xml.Finish(),
              testing::EndsWith("<K>&lt;a&amp;b&gt;&quot;&#xa;&#x1;</K></R>"));
}

TEST(S3XmlTest, BodiesAreRead) {
  const auto deleted = ParseDelete(
      "<Delete xmlns='x'><Quiet>true</Quiet><Object><Key>a&amp;&#x1F600;</Key>"
      "<VersionId>v</VersionId></Object></Delete>");
  ASSERT_TRUE(deleted.has_value());
  EXPECT_TRUE(deleted->quiet);
  EXPECT_EQ(deleted->objects.at(0).first, "a&\xf0\x9f\x98\x80");
  EXPECT_EQ(deleted->objects.at(0).second, "v");
  const auto parts = ParseCompletion(
      "<CompleteMultipartUpload><Part><PartNumber>3</PartNumber><ETag>\"e\""
      "</ETag><ChecksumSHA1>s</ChecksumSHA1></Part></CompleteMultipartUpload>",
      "ChecksumSHA1");
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->at(0).number, 3);
  EXPECT_EQ(parts->at(0).etag, "e");
  EXPECT_EQ(parts->at(0).checksum, "s");
  EXPECT_EQ(ParseVersioning("<VersioningConfiguration><Status>Enabled</Status>"
                            "</VersioningConfiguration>"),
            Versioning::kEnabled);
  EXPECT_EQ(*ParseTagging("<Tagging><TagSet><Tag><Key>a b</Key><Value>&lt;"
                          "</Value></Tag></TagSet></Tagging>"),
            "a%20b=%3C");
}

TEST(S3XmlTest, WhatIsWrongIsRefused) {
  for (const char* const bad :
       {"", "<", "<Delete>", "<Delete/>", "<Other/>",
        "<Delete><Object><Key></Key></Object></Delete>"}) {
    EXPECT_EQ(ParseDelete(bad).error().code, "MalformedXML") << bad;
  }
  for (const char* const number : {"", "0", "10001", "1x", "-1"}) {
    EXPECT_FALSE(ParseCompletion("<CompleteMultipartUpload><Part><PartNumber>" +
                                     std::string(number) +
                                     "</PartNumber></Part>"
                                     "</CompleteMultipartUpload>",
                                 "")
                     .has_value())
        << number;
  }
  EXPECT_EQ(ParseVersioning("<VersioningConfiguration/>").error().code,
            "IllegalVersioningConfigurationException");
  EXPECT_FALSE(CheckBucketConfiguration("<x/>").has_value());
  EXPECT_TRUE(CheckBucketConfiguration("").has_value());
}

}  // namespace
}  // namespace skerry::cloud
