package store_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestDocument(t *testing.T) {
	t.Parallel()

	t.Run("is read as it was saved", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		savePoll(t, s, aCollection(t, s, "https://example.org/feed"), anArticle("https://example.org/1"))
		document := theDocument(t, s, "https://example.org/1")
		require.Equal(t, "Title of https://example.org/1", document.Title)
		text, err := json.Marshal(document)
		require.NoError(t, err)
		var read map[string]any
		require.NoError(t, json.Unmarshal(text, &read))
		require.NotContains(t, read, "Revision")
		require.Contains(t, read, "content_text")
		require.Nil(t, read["content_text"])
		require.Equal(t, map[string]any{}, read["source_metadata"])
	})

	t.Run("that is not there is not found", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := uuid.New()
		_, err := s.Document(t.Context(), id)
		refusal := theRefusal(t, err, store.KindNotFound)
		require.Equal(t, "document", refusal.Resource)
		require.Equal(t, map[string]any{"id": id.String()}, refusal.Details)
	})
}

func TestDeleteDocument(t *testing.T) {
	t.Parallel()

	t.Run("is for good", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		savePoll(t, s, aCollection(t, s, "https://example.org/feed"), anArticle("https://example.org/1"), anArticle("https://example.org/2"))
		document := theDocument(t, s, "https://example.org/1")
		require.NoError(t, s.DeleteDocument(t.Context(), document.ID, document.Revision))
		_, err := s.Document(t.Context(), document.ID)
		requireKind(t, err, store.KindNotFound)
		requireKind(t, s.DeleteDocument(t.Context(), document.ID, 0), store.KindNotFound)
		theDocument(t, s, "https://example.org/2")
	})

	t.Run("refuses a stale revision", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		savePoll(t, s, c, anArticle("https://example.org/1"))
		before := theDocument(t, s, "https://example.org/1")
		savePoll(t, s, c, changedArticle("https://example.org/1"))
		requireKind(t, s.DeleteDocument(t.Context(), before.ID, before.Revision), store.KindStale)
		after := theDocument(t, s, "https://example.org/1")
		require.NoError(t, s.DeleteDocument(t.Context(), after.ID, after.Revision))
	})

	t.Run("keeps the document where its address cannot be noted", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		savePoll(t, s, aCollection(t, s, "https://example.org/feed"), anArticle("https://example.org/1"))
		sabotage(t, s, "insert", "deleted_documents")
		requireSabotage(t, s.DeleteDocument(t.Context(), theDocument(t, s, "https://example.org/1").ID, 0))
		theDocument(t, s, "https://example.org/1")
	})
}
