-- What a model request was for, and who served it: null for requests of before this column.
alter table ledger add column purpose text not null default 'work';
alter table ledger add column provider text;
