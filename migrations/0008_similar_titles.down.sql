drop index documents_title_trigrams;
drop index topics_title_trigrams;
