package jobs

import (
	"context"

	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// ClusterKeywords puts keywords together whose searches share at least so many of their first results, from the snapshots that are
// there. It asks nobody outside.
func (c *Client) ClusterKeywords(ctx context.Context, keywords []string, language, market string, least int) (store.KeywordClusters, error) {
	found, without, err := c.store.LatestResults(ctx, keywords, language, market)
	if err != nil {
		return store.KeywordClusters{}, err
	}
	clusters, alone := research.ClusterKeywords(found, least)
	return store.KeywordClusters{
		Language: language, Market: market, MinShared: least, Keywords: len(found) + len(without), Clusters: clusters, Alone: alone, WithoutSnapshot: without,
	}, nil
}
