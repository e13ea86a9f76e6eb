package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

const someAddress = "https://example.org/1"

// aPage is what reading a document's page has brought.
func aPage(d store.Document) store.DocumentPage {
	return store.DocumentPage{
		DocumentID: d.ID, SaidByFeed: d.SaidByFeed(), At: time.Now().UTC().Truncate(time.Microsecond),
		Content: "<p>The whole article.</p>", ContentText: "The whole article.", WordCount: 3,
		PublishedAt: new(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)), Language: "en", Author: new("Ann"), ImageURL: new("https://example.org/i.jpg"),
		Paywall: new(false), Facts: map[string]any{"page_url": "https://example.org/one"},
	}
}

// anExcerpt is an article of which the feed has a few words.
func anExcerpt(text string) store.Document {
	d := anArticle(someAddress)
	d.ContentText, d.Content, d.WordCount = &text, &text, new(1)
	d.ContentHash = store.ContentHash(d.Title, d.ContentText)
	return d
}

func TestSavePage(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	c := aCollection(t, s, "https://example.org/feed")
	excerpt := anExcerpt("Beginning")
	excerpt.Language = "und"
	savePoll(t, s, c, excerpt)
	do(t, s, `update documents set status = 'processed', processed_at = now(), page_error = '{"code":"timeout","message":"Slow."}'`)
	before := theDocument(t, s, someAddress)
	require.Equal(t, &store.PageError{Code: "timeout", Message: "Slow."}, before.PageError)
	page := aPage(before)
	saved, err := s.SavePage(t.Context(), page)
	require.NoError(t, err)
	require.True(t, saved)

	after := theDocument(t, s, someAddress)
	want := before
	want.Content, want.ContentText, want.WordCount = &page.Content, &page.ContentText, &page.WordCount
	want.PublishedAt, want.Language, want.Author, want.ImageURL, want.Paywall = page.PublishedAt, "en", page.Author, page.ImageURL, page.Paywall
	want.ContentFrom, want.PageError, want.PageFetchedAt = "page", nil, &page.At
	want.SourceMetadata = map[string]any{"page_url": "https://example.org/one"}
	want.FeedHash, want.ContentHash = &before.ContentHash, store.ContentHash(before.Title, &page.ContentText)
	want.Status, want.ProcessedAt, want.Revision, want.UpdatedAt = "new", nil, before.Revision+1, after.UpdatedAt
	require.Equal(t, want, after)
	require.Equal(t, before.ContentHash, after.SaidByFeed())

	// What the feed says goes before what the page says, and the same text twice is no news.
	do(t, s, `update documents set author = 'Feed', published_at = '2020-01-01', image_url = 'https://example.org/f.jpg', status = 'processed', processed_at = now()`)
	saved, err = s.SavePage(t.Context(), aPage(after))
	require.NoError(t, err)
	require.True(t, saved)
	again := theDocument(t, s, someAddress)
	require.Equal(t, "Feed", *again.Author)
	require.Equal(t, 2020, again.PublishedAt.Year())
	require.Equal(t, "https://example.org/f.jpg", *again.ImageURL)
	require.Equal(t, "processed", again.Status)
	require.NotNil(t, again.ProcessedAt)

	// A fault leaves the text.
	failed := store.DocumentPage{DocumentID: again.ID, SaidByFeed: again.SaidByFeed(), Err: &store.PageError{Code: "gone", Message: "Gone."}}
	saved, err = s.SavePage(t.Context(), failed)
	require.NoError(t, err)
	require.True(t, saved)
	kept := theDocument(t, s, someAddress)
	require.Equal(t, failed.Err, kept.PageError)
	require.Equal(t, again.Revision+1, kept.Revision)
	kept.PageError, kept.Revision = nil, again.Revision
	require.Equal(t, again, kept)

	// The feed has said something else meanwhile, or the document is gone.
	page = aPage(again)
	page.SaidByFeed = hashOf("older")
	saved, err = s.SavePage(t.Context(), page)
	require.NoError(t, err)
	require.False(t, saved)
	page.DocumentID = uuid.New()
	_, err = s.SavePage(t.Context(), page)
	var refusal *store.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, store.KindNotFound, refusal.Kind)
}

func TestPollsKeepThePage(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	c := aCollection(t, s, "https://example.org/feed")
	savePoll(t, s, c, anExcerpt("Beginning"))
	saved, err := s.SavePage(t.Context(), aPage(theDocument(t, s, someAddress)))
	require.NoError(t, err)
	require.True(t, saved)
	before := theDocument(t, s, someAddress)

	require.Equal(t, "nothing_new", savePoll(t, s, c, anExcerpt("Beginning")).Outcome)
	require.Equal(t, before, theDocument(t, s, someAddress))

	other := anExcerpt("Otherwise")
	other.Title, other.Language = "Another title", "und"
	other.ContentHash = store.ContentHash(other.Title, other.ContentText)
	require.Equal(t, "documents_updated", savePoll(t, s, c, other).Outcome)
	after := theDocument(t, s, someAddress)
	require.Equal(t, "Another title", after.Title)
	require.Equal(t, before.ContentText, after.ContentText)
	require.Equal(t, before.Content, after.Content)
	require.Equal(t, "page", after.ContentFrom)
	require.Equal(t, before.Author, after.Author)
	require.Equal(t, before.Language, after.Language)
	require.Equal(t, store.ContentHash("Another title", before.ContentText), after.ContentHash)
	require.Equal(t, other.ContentHash, after.SaidByFeed())
	require.Equal(t, "nothing_new", savePoll(t, s, c, other).Outcome)

	whole := anExcerpt("The feed has it all now")
	whole.WordCount = new(6)
	require.Equal(t, "documents_updated", savePoll(t, s, c, whole).Outcome)
	after = theDocument(t, s, someAddress)
	require.Equal(t, "feed", after.ContentFrom)
	require.Equal(t, "The feed has it all now", *after.ContentText)
	require.Equal(t, whole.ContentHash, after.ContentHash)
	require.Nil(t, after.FeedHash)
	require.Equal(t, "nothing_new", savePoll(t, s, c, whole).Outcome)
}

func TestSavePollTellsWhatChanged(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	c := aCollection(t, s, "https://example.org/feed")
	var told [][]store.ChangedDocument
	poll := func(fail error, documents ...store.Document) error {
		_, err := s.SavePoll(t.Context(), store.Poll{
			Asked: c, At: time.Now(), NextPollAt: time.Now().Add(time.Hour), Documents: documents,
			Then: func(ctx context.Context, changed []store.ChangedDocument) error {
				_, inside := store.Tx(ctx)
				require.True(t, inside)
				told = append(told, changed)
				return fail
			},
		})
		return err
	}
	broken := errors.New("broken")
	require.ErrorIs(t, poll(broken, anArticle(someAddress)), broken)
	require.Zero(t, number(t, s, `select count(*) from documents`), "it undoes the poll")
	told = nil
	require.NoError(t, poll(nil, anArticle(someAddress)))
	require.NoError(t, poll(nil, anArticle(someAddress)))
	require.NoError(t, poll(nil, changedArticle(someAddress)))
	id := theDocument(t, s, someAddress).ID
	require.Equal(t, [][]store.ChangedDocument{{{id, someAddress, true}}, {{id, someAddress, false}}}, told)
}
